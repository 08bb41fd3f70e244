"""A wrong value of the environment ends the start with one line that names it."""

import os
import subprocess
import sys

import environ
import pytest

from config.databases import databases_from, followers_from
from tests.parts.process import ROOT

WRONG = {
    "SITE_URL": ("photos.example.org", "SITE_URL is 'photos.example.org'; it must look like https://"),
    "DATABASE_URL": (
        "mysql://somewhere/photoapp",
        "DATABASE_URL has 'mysql://somewhere/photoapp'; it must be postgres://",
    ),
    "FRIENDS_DATABASE_URLS": ("", "FRIENDS_DATABASE_URLS is not set"),
    "FRIENDS_DATABASE_REPLICA_URLS": (
        "postgres://app@db/friends0",
        "FRIENDS_DATABASE_REPLICA_URLS has followers for 1 servers, and there are 2; put a comma between servers",
    ),
    "CONTENT_DATABASE_REPLICA_URLS": (
        "mysql://a|postgres://b/c,",
        "CONTENT_DATABASE_REPLICA_URLS has 'mysql://a'; it must be postgres://",
    ),
    "DATABASE_REPLICA_URLS": (
        "sqlite:////tmp/copy",
        "DATABASE_REPLICA_URLS has 'sqlite:////tmp/copy'; only PostgreSQL servers have followers",
    ),
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


def test_followers_are_named_after_their_leaders() -> None:
    """A comma between servers, in the order of the leaders; | between the followers of one; one server has none."""
    env = environ.Env()
    env.ENVIRON = {
        "DATABASE_URL": "postgres://app@db0/auth",
        "FRIENDS_DATABASE_URLS": "postgres://app@db1/friends",
        "CONTENT_DATABASE_URLS": "postgres://app@db2/content,postgres://app@db3/content,postgres://app@db4/content",
        "CONTENT_DATABASE_REPLICA_URLS": "postgres://app@r1/content|postgres://app@r2/content,,postgres://app@r3/content",
    }
    databases, servers = databases_from(env)
    found = followers_from(env, databases, servers)
    assert found == {"content0": ["content0_replica0", "content0_replica1"], "content2": ["content2_replica0"]}
    assert [databases[alias]["HOST"] for aliases in found.values() for alias in aliases] == ["r1", "r2", "r3"]
    assert databases["content2_replica0"]["LEADER"] == "content2"
