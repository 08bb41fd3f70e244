"""A small in-memory Redis for the embedded default, on loopback: `fake_redis.py PORT`."""

import os
import signal
import sys
from types import FrameType
from typing import Any

from fakeredis import TcpFakeServer
from fakeredis._clients import _tcp_server
from redis.exceptions import ResponseError

# Every idle client costs a wake-up this often (seconds); a worker that waits for tasks notices one this late.
_tcp_server._POLL_INTERVAL = 0.05


class Requests(_tcp_server.TCPFakeRequestHandler):
    """Of one client. An error (a script that is not known yet, say) is an answer like others: by itself fakeredis hangs
    up after it, and what the client had sent behind that is lost."""

    # Answers go out one by one: of a transaction the second would wait for the kernel's acknowledgement of the first,
    # 40 ms, and a Celery worker would get through ten tasks a second.
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        read = self.current_client.read_response

        def answer() -> Any:
            try:
                return read()
            except ResponseError as error:
                return error

        self.current_client.read_response = answer


def stop(number: int, frame: FrameType | None) -> None:
    os._exit(0)  # everything it holds is a cache; its threads have nothing to finish


def main(port: int) -> None:
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server = TcpFakeServer(("127.0.0.1", port))
    server.daemon_threads = True
    server.RequestHandlerClass = Requests
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
