"""A throwaway Ceph cluster of one monitor, one OSD and one radosgw: a real S3 in seconds."""

import time
import uuid
from pathlib import Path

import boto3
from botocore.config import Config

from tests.parts.process import (
    PartError,
    Server,
    find_binary,
    free_port,
    own_directory,
    port_answers,
    run,
    unprivileged_user,
)

BINARIES = ("ceph-authtool", "monmaptool", "ceph-mon", "ceph-osd", "ceph", "radosgw", "radosgw-admin")
MONITOR_ATTEMPTS = 20
ACCESS_KEY, SECRET_KEY = "testaccess", "testsecret"
# Name, program and arguments of each process, in the order in which they start.
MONITOR = ("mon", "ceph-mon", "-i", "a", "-f")
OSD = ("osd", "ceph-osd", "-i", "0", "-f")
GATEWAY = ("rgw", "radosgw", "-n", "client.rgw.a", "-f")

CONFIGURATION = """\
[global]
fsid = {fsid}
mon_host = v1:127.0.0.1:{mon_port}
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_bind_msgr2 = false
ms_bind_ipv6 = false
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
run_dir = {home}
keyring = {home}/keyring
log_file = {home}/$name.log
pid_file =
admin_socket =
crash_dir = {home}
mon_data = {home}/mon
mon_allow_pool_delete = true
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
mon_data_avail_crit = 0
mon_data_avail_warn = 0
osd_data = {home}/osd
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
osd_crush_update_on_start = false
osd_class_update_on_start = false
osd_objectstore = bluestore
osd_memory_target = 939524096
bluestore_block_size = 8589934592
bluestore_fsck_on_mount = false

[client.rgw.a]
rgw_data = {home}/rgw
rgw_frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw_thread_pool_size = 32
rgw_dns_name = localhost
rgw_enable_usage_log = false
rgw_enable_gc_threads = false
rgw_enable_lc_threads = false
rgw_run_sync_thread = false
"""


def missing_binaries() -> list[str]:
    return [name for name in BINARIES if not find_binary(name)]


class Radosgw:
    def __init__(
        self, port: int, directory: Path, *, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY
    ) -> None:
        self.port, self.home = port, directory / "ceph"
        self.access_key, self.secret_key = access_key, secret_key
        self.url = f"s3://{access_key}:{secret_key}@127.0.0.1:{port}"
        self.user = unprivileged_user()
        self.servers: list[Server] = []

    def start(self, mon_port: int | None = None) -> None:
        mon_port, fsid = mon_port or free_port(), str(uuid.uuid4())
        own_directory(self.home)
        own_directory(self.home / "rgw")
        own_directory(self.home / "osd")
        configuration = CONFIGURATION.format(fsid=fsid, mon_port=mon_port, home=self.home, port=self.port)
        (self.home / "ceph.conf").write_text(configuration)
        self._make_monitor(mon_port, fsid)
        self._serve(*MONITOR)
        self._make_osd()
        self._serve(*OSD)
        gateway = self._serve(*GATEWAY)
        names = ["--uid=test", "--display-name=test", f"--access-key={self.access_key}", f"--secret={self.secret_key}"]
        self._run("radosgw-admin", "user", "create", *names)
        gateway.wait_until(lambda: port_answers(self.port))

    def stop(self) -> None:
        for server in self.servers:  # a graceful stop takes 6 s, and nothing here is worth it
            server.kill()

    def _make_monitor(self, mon_port: int, fsid: str) -> None:
        keyring, monmap = self.home / "keyring", self.home / "monmap"
        self._run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        caps = [word for part in ("mon", "osd", "mgr", "mds") for word in ("--cap", part, "allow *")]
        self._run("ceph-authtool", keyring, "--gen-key", "-n", "client.admin", *caps)
        self._run("monmaptool", "--create", "--addv", "a", f"[v1:127.0.0.1:{mon_port}]", "--fsid", fsid, monmap)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)

    def _make_osd(self) -> None:
        identity = str(uuid.uuid4())
        self._ask_monitor("osd", "new", identity)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", identity)
        self._ask_monitor("osd", "crush", "add", "osd.0", "1.0", "root=default", "host=localhost")

    def _ask_monitor(self, *command: str) -> None:
        """On a busy machine a monitor refuses commands for a while (EPERM); each of ours may be repeated."""
        for attempt in range(MONITOR_ATTEMPTS):
            try:
                self._run("ceph", *command)
                return
            except PartError as error:
                if "EPERM" not in str(error) or attempt == MONITOR_ATTEMPTS - 1:
                    raise
                time.sleep(0.2)

    def _command(self, name: str, *arguments: object) -> list[object]:
        return [find_binary(name), "-c", self.home / "ceph.conf", *arguments]

    def _run(self, name: str, *arguments: object) -> str:
        return run(self._command(name, *arguments), user=self.user, cwd=self.home)

    def _serve(self, name: str, *command: object) -> Server:
        server = Server(self._command(str(command[0]), *command[1:]), log=self.home / f"{name}.out", user=self.user)
        self.servers.append(server)
        return server


def make_bucket(storage_url: str) -> None:
    credentials, _, place = storage_url.removeprefix("s3://").rpartition("@")
    access_key, _, secret_key = credentials.partition(":")
    endpoint, _, bucket = place.partition("/")
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{endpoint}",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 5}),
    )
    client.create_bucket(Bucket=bucket)
