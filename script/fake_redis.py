"""A small in-memory Redis for the embedded default, on loopback: `fake_redis.py PORT`."""

import os
import signal
import sys
from types import FrameType

from fakeredis import TcpFakeServer
from fakeredis._clients import _tcp_server

# Every idle client costs a wake-up this often (seconds); a worker that waits for tasks notices one this late.
_tcp_server._POLL_INTERVAL = 0.05


def stop(number: int, frame: FrameType | None) -> None:
    os._exit(0)  # everything it holds is a cache; its threads have nothing to finish


def main(port: int) -> None:
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server = TcpFakeServer(("127.0.0.1", port))
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
