"""What a web process has read before it is asked for the first time."""

import subprocess
import sys

from config.warm_up import templates
from tests.parts.process import ROOT


def test_it_knows_the_templates_of_all_apps_and_of_nobody_else() -> None:
    found = list(templates())
    assert {"base.html", "feeds/feed.html", "media/_card.html", "search/discover.html", "users/settings.html"} <= {
        *found
    }
    assert len(found) == len(list(ROOT.glob("*/templates/**/*.html")))


def test_a_web_process_has_read_its_addresses_before_it_is_asked() -> None:
    asked = "import config.wsgi; from django.urls import get_resolver; print('url_patterns' in vars(get_resolver()))"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "True"
