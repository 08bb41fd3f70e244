"""A wrong value of the environment ends the start with one line that names it."""

import os
import subprocess
import sys

import pytest

from tests.parts.process import ROOT

WRONG = {
    "SITE_URL": ("photos.example.org", "SITE_URL is 'photos.example.org'; it must look like https://"),
    "DATABASE_URL": (
        "mysql://somewhere/photoapp",
        "DATABASE_URL has 'mysql://somewhere/photoapp'; it must be postgres://",
    ),
    "FRIENDS_DATABASE_URLS": ("", "FRIENDS_DATABASE_URLS is not set"),
    "STORAGE_URL": ("ftp://somewhere", "STORAGE_URL is 'ftp://somewhere'; it must look like s3://"),
    "CACHE_URL": ("memcached://somewhere", "CACHE_URL is 'memcached://somewhere'; it must be a redis://"),
    "APP_SETS": ("feed,nope", "APP_SETS names nope; known are accounts, upload"),
    "LOG_LEVEL": ("loud", "LOG_LEVEL is 'LOUD'; it must be DEBUG"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_named_in_one_line(name: str) -> None:
    value, said = WRONG[name]
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, name: value}, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(f"photoapp: {said}")
    assert done.stderr.count("\n") == 1
