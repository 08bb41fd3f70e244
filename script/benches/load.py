"""An open-loop load: requests are due at random times (a Poisson process), and how long one takes is counted from when
it was due, also where it had to wait for a connection. A process of its own:

    python -m script.benches.load PORT COOKIES RATE SECONDS

COOKIES is a file with a line a member; each request is a random one's `/feed/`. Writes a line a request to standard
output: when it was due (time.monotonic(), which all processes of a machine share), milliseconds, status (0: the
connection failed).
"""

import random
import selectors
import socket
import sys
import time
from collections import deque
from pathlib import Path

CONNECTIONS = 512
DEADLINE = 60.0  # seconds after the last one is due


class Connection:
    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None
        self.due = 0.0
        self.received = b""
        self.length: int | None = None

    def send(self, request: bytes, due: float) -> None:
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port))
            self.socket.setblocking(False)
        self.due, self.received, self.length = due, b"", None
        self.socket.send(request)

    def read(self) -> int | None:
        """The status once the answer is whole, 0 when the connection failed; None while it comes."""
        assert self.socket
        try:
            part = self.socket.recv(65536)
        except OSError:
            part = b""
        if not part:
            self.close()
            return 0
        self.received += part
        if self.length is None:
            head, blank, _ = self.received.partition(b"\r\n\r\n")
            if not blank:
                return None
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            self.length = len(head) + 4 + (int(lengths[0].split(b":")[1]) if lengths else 0)
        if len(self.received) < self.length:
            return None
        return int(self.received[9:12])

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def main(port: int, cookies: list[str], rate: float, seconds: float) -> None:
    requests = [
        f"GET /feed/ HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
        for cookie in cookies
    ]
    free = deque(Connection(port) for _ in range(CONNECTIONS))
    busy = selectors.DefaultSelector()
    waiting: deque[float] = deque()
    lines: list[str] = []
    start = time.monotonic()
    due, end, in_flight = random.expovariate(rate), start + seconds + DEADLINE, 0
    while (due < seconds or waiting or in_flight) and time.monotonic() < end:
        now = time.monotonic() - start
        while due <= now and due < seconds:
            waiting.append(due)
            due += random.expovariate(rate)
        while waiting and free:
            connection = free.popleft()
            try:
                connection.send(random.choice(requests), waiting[0])
            except OSError:
                connection.close()
                free.append(connection)
                lines.append(f"{start + waiting.popleft():.3f} 0 0")
                continue
            waiting.popleft()
            busy.register(connection.socket, selectors.EVENT_READ, connection)  # type: ignore[arg-type]
            in_flight += 1
        pause = 0.05 if due >= seconds else max(0.0, min(0.05, due - (time.monotonic() - start)))
        for key, _ in busy.select(pause):
            connection = key.data
            file = key.fileobj
            status = connection.read()
            if status is None:
                continue
            busy.unregister(file)
            in_flight -= 1
            took = 1000 * (time.monotonic() - start - connection.due)
            lines.append(f"{start + connection.due:.3f} {took:.2f} {status}")
            free.append(connection)
    lines += [f"{start + when:.3f} 0 0" for when in waiting]
    lines += [f"{start + key.data.due:.3f} 0 0" for key in busy.get_map().values()]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]).read_text().split("\n")[:-1], float(sys.argv[3]), float(sys.argv[4]))
