"""Prepares this machine for the tests (requirements; real parts, where apt may install them) and runs pytest.

    script/test [--faults] [--embedded] [pytest arguments]

--faults adds the slow lane: kills, lag, herds. --embedded runs the suite on the embedded default (SQLite,
fakeredis, files) instead of PostgreSQL, Redis and radosgw. REQUIRE_REAL=1 makes a missing part a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bootstrap import PYTHON, ROOT, SetupError, ensure_environment, say

# What proves a Debian package is there, and the package.
PACKAGES = {
    "redis-server": "redis-server",
    "radosgw": "radosgw",
    "ceph-mon": "ceph-mon",
    "ceph-osd": "ceph-osd",
    "nginx": "lua-nginx-redis",
    "squid": "squid-openssl",
    "chromium-headless-shell": "chromium-headless-shell",
}
FILES = {
    Path("/usr/share/fonts/truetype/dejavu"): "fonts-dejavu-core",
    Path("/usr/lib/nginx/modules/ngx_http_cache_purge_module.so"): "libnginx-mod-http-cache-purge",
    Path("/usr/share/lua/5.1/nginx/redis.lua"): "lua-nginx-redis",  # brings nginx-extras, with the modules of Lua
}
POLICY = Path("/usr/sbin/policy-rc.d")
CLUSTER_CONFIG = Path("/etc/postgresql-common/createcluster.conf")


def main() -> int:
    arguments = sys.argv[1:]
    if arguments in (["-h"], ["--help"]):
        say(f"{__doc__}\nThe rest is for pytest: script/test -h -h shows its options.")
        return 0
    ensure_environment(dev=True)
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    env.pop("DJANGO_SETTINGS_MODULE", None)  # settings must load after the parts' addresses are known
    if "--embedded" in arguments:
        env["TEST_PARTS"] = "embedded"
    else:
        install_missing_parts()
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execve(PYTHON, [str(PYTHON), "-m", "pytest", *pytest_arguments(arguments)], env)  # noqa: S606


def pytest_arguments(arguments: list[str]) -> list[str]:
    own = {"--faults", "--embedded"}
    passed = [argument for argument in arguments if argument not in own]
    if "--faults" in arguments:
        passed = ["-m", "", *passed]  # pytest's configuration deselects them
    if not any(argument.startswith(("-n", "--numprocesses", "--pdb")) for argument in passed):
        passed = ["-n", "2", *passed]
    return passed


def install_missing_parts(packages: dict[str, str] = PACKAGES, without: tuple[str, ...] = ()) -> None:
    """By apt, where this is root on Debian; elsewhere the suite itself says what it misses."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin"])
    missing = [package for binary, package in packages.items() if not shutil.which(binary, path=path)]
    if not list(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        missing.append("postgresql")
    missing += [package for file, package in FILES.items() if not file.exists()]
    missing = [package for package in missing if package not in without]
    if not missing:
        return
    say(f"Installing with apt: {' '.join(missing)}")
    own_policy = keep_services_from_starting()
    try:
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=env, stdout=subprocess.DEVNULL)
        keep_ours = ["-o", "Dpkg::Options::=--force-confold"]
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *keep_ours, *missing]
        done = subprocess.run(command, env=env, stdout=subprocess.DEVNULL)
        if done.returncode and os.environ.get("REQUIRE_REAL") == "1":
            raise SetupError(f"apt-get could not install {' '.join(missing)}.")
    finally:
        if own_policy:
            POLICY.unlink()


def keep_services_from_starting() -> bool:
    """The tests start servers of their own. Says whether it made the policy file, which must go again."""
    if not CLUSTER_CONFIG.exists():
        CLUSTER_CONFIG.parent.mkdir(parents=True, exist_ok=True)
        CLUSTER_CONFIG.write_text("create_main_cluster = false\n")
    if POLICY.exists():
        return False
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    return True
