"""What a web process has read before it is asked for the first time."""

import subprocess
import sys

from config.warm_up import GARBAGE_EVERY, templates
from tests.parts.process import ROOT


def test_it_knows_the_templates_of_all_apps_and_of_nobody_else() -> None:
    found = list(templates())
    assert {"base.html", "feeds/feed.html", "media/_card.html", "search/discover.html", "users/settings.html"} <= {
        *found
    }
    assert len(found) == len(list(ROOT.glob("*/templates/**/*.html")))


def test_a_web_process_has_read_its_addresses_before_it_is_asked() -> None:
    asked = "from django.urls import get_resolver; print('url_patterns' in vars(get_resolver()))"
    assert said_by_a_web_process(asked) == "True"


def test_a_web_process_leaves_what_it_began_with_out_of_the_search_for_garbage() -> None:
    said = said_by_a_web_process("import gc; print(gc.get_freeze_count(), gc.get_threshold()[0])")
    frozen, every = map(int, said.split())
    assert frozen > 100_000 and every == GARBAGE_EVERY


def said_by_a_web_process(code: str) -> str:
    command = [sys.executable, "-c", f"import config.wsgi; {code}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]
