"""Visitors of the site, in a process of its own: each member holds a connection all the time, over which pages are
loaded; some loads are followed by an act of the member's (acts.py), or by the photos of the page.

    python -m script.benches.visitor < JOB

An open loop: loads are due at random times (a Poisson process; each is of a random member, so that each member's are
one, too), and how long one takes is counted from when it was due, also where it had to wait for the one before.

JOB is JSON of the fields of `Job`. Writes `ready` once all are connected and reads a line, the moment to begin; then
`kind due milliseconds outcome` a line, where `due` is time.monotonic(), which all processes of a machine share. The
outcome is a status, with what the proxy said of its cache, or a word for what went wrong.
"""

import gzip
import json
import random
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from script.benches.acts import Acts

PATIENCE = 20.0  # seconds that somebody waits for a page
AFTERWARDS = 25.0  # … that the last answers get
ACTING = 0.02  # of loads
PHOTOS = 5  # of a page
VIEWED, VIEWS = 0.2, 0.8  # this part of the photos gets that part of the views
# A server closes connections over which nothing is asked at first. This costs it next to nothing.
OPENING, OPENING_AT_A_TIME = "/static/", 100
IP_BIND_ADDRESS_NO_PORT = 24  # socket has it from Python 3.12


@dataclass
class Job:
    port: int
    source: str  # how the loopback addresses begin that are connected from
    cookies: list[str]
    steps: list[tuple[float, float]]  # (seconds, loads a second)
    acts: dict[str, Any] = field(default_factory=dict)  # for acts.Acts; none: nobody acts
    photos: list[str] = field(default_factory=list)  # paths, those viewed most first; none: only pages
    reloads: bool = False  # as by the button of the browser: no stored page will do


@dataclass(slots=True)
class Ask:
    kind: str
    due: float
    request: bytes


class Visitor:
    """A member's connection. Asks one thing at a time; the rest waits."""

    __slots__ = ("asked", "asks", "cookie", "head", "length", "page", "received", "retried", "socket")

    def __init__(self, cookie: str) -> None:
        self.cookie = cookie
        self.page = b""  # how it asks for that
        self.asks: deque[Ask] = deque()
        self.socket: socket.socket | None = None
        self.asked = self.retried = False
        self.begin()

    def begin(self) -> None:
        self.received, self.head, self.length = b"", b"", -1

    def take(self, part: bytes) -> bool:
        """True once the answer is whole. (It mostly comes in one part.)"""
        self.received = self.received + part if self.received else part
        if self.length < 0:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return False
            self.head, self.received = self.received[:end].lower(), self.received[end + 4 :]
            _, found, rest = self.head.partition(b"\r\ncontent-length:")
            self.length = int(rest.partition(b"\r\n")[0]) if found else 0
        return len(self.received) >= self.length


class Crowd:
    def __init__(self, job: Job) -> None:
        self.job, self.lines = job, list[str]()
        self.host = f"localhost:{job.port}"
        self.visitors = [Visitor(cookie) for cookie in job.cookies]
        self.epoll, self.by_file = select.epoll(), dict[int, Visitor]()
        self.busy: set[Visitor] = set()
        self.acts = Acts(self.host, job.port, self.tell, **job.acts) if job.acts else None
        for number, visitor in enumerate(self.visitors):
            self.ask(visitor, Ask("opened", time.monotonic(), self.request(OPENING, visitor, "*/*")))
            if number % OPENING_AT_A_TIME == 0:
                self.wait(0.02)
        while self.busy:
            self.wait(0.02)

    def tell(self, kind: str, due: float, outcome: str) -> None:
        self.lines.append(f"{kind} {due:.4f} {1000 * (time.monotonic() - due):.2f} {outcome}")

    def connect(self, visitor: Visitor) -> None:
        connection = socket.socket()
        connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)  # else looking for a port takes long
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.bind((f"{self.job.source}.{random.randrange(1, 255)}", 0))
        connection.connect(("127.0.0.1", self.job.port))
        connection.setblocking(False)
        visitor.socket = connection
        self.by_file[connection.fileno()] = visitor
        self.epoll.register(connection, select.EPOLLIN)

    def disconnect(self, visitor: Visitor) -> None:
        if visitor.socket is not None:
            del self.by_file[visitor.socket.fileno()]
            self.epoll.unregister(visitor.socket)
            visitor.socket.close()
            visitor.socket = None

    # --- Asking

    def load(self, visitor: Visitor, due: float) -> None:
        visitor.page = visitor.page or self.request("/", visitor, "text/html")
        self.ask(visitor, Ask("feed", due, visitor.page))

    def request(self, path: str, visitor: Visitor, accept: str) -> bytes:
        lines = (f"GET {path} HTTP/1.1", f"Host: {self.host}", f"Cookie: {visitor.cookie}", f"Accept: {accept}")
        lines += ("Cache-Control: max-age=0",) if self.job.reloads else ()
        return "\r\n".join([*lines, "Accept-Encoding: gzip", "\r\n"]).encode()

    def ask(self, visitor: Visitor, ask: Ask) -> None:
        visitor.asks.append(ask)
        if not visitor.asked:
            self.send(visitor)

    def send(self, visitor: Visitor) -> None:
        visitor.asked = True
        self.busy.add(visitor)
        visitor.begin()
        try:
            if visitor.socket is None:
                self.connect(visitor)
            visitor.socket.send(visitor.asks[0].request)  # type: ignore[union-attr]
        except OSError:
            self.failed(visitor, "refused")

    # --- Answers

    def read(self, visitor: Visitor) -> None:
        try:
            part = visitor.socket.recv(262_144)  # type: ignore[union-attr]
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            self.closed(visitor)
        elif visitor.asked and visitor.take(part):
            self.answered(visitor)

    def closed(self, visitor: Visitor) -> None:
        """A kept connection may be closed just when it is used: a browser asks again, once."""
        fresh = not visitor.received and not visitor.head
        self.disconnect(visitor)
        if not visitor.asked:
            return
        if fresh and not visitor.retried:
            visitor.retried = True
            self.send(visitor)
        else:
            self.failed(visitor, "cut")

    def failed(self, visitor: Visitor, outcome: str) -> None:
        self.disconnect(visitor)
        self.tell(visitor.asks[0].kind, visitor.asks[0].due, outcome)
        self.done(visitor)

    def answered(self, visitor: Visitor) -> None:
        ask, status = visitor.asks[0], visitor.head[9:12].decode()
        if ask.kind == "photo":
            said = visitor.head.partition(b"\r\nx-cache: ")[2].partition(b"\r\n")[0]
            status += f":{said.decode() or 'none'}"
        elif ask.kind == "opened":
            return self.done(visitor)
        elif status == "503":
            said = visitor.head.partition(b"\r\nx-refused: ")[2].partition(b"\r\n")[0]
            status += f":{said.decode() or 'none'}"
        elif status == "200" and b"\r\ncache-control: private" not in visitor.head:
            status = "logged-out"
        self.tell(ask.kind, ask.due, status)
        if ask.kind == "feed" and status == "200":
            self.look(visitor)
        self.done(visitor)

    def look(self, visitor: Visitor) -> None:
        if self.job.photos:
            for path in viewed(self.job.photos):
                visitor.asks.append(Ask("photo", time.monotonic(), self.request(path, visitor, "image/webp")))
        if self.acts and random.random() < ACTING:
            body = visitor.received
            self.acts.after(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body, visitor.cookie)

    def done(self, visitor: Visitor) -> None:
        visitor.asks.popleft()
        visitor.asked = visitor.retried = False
        self.busy.discard(visitor)
        if visitor.asks:
            self.send(visitor)

    def give_up(self) -> None:
        late = time.monotonic() - PATIENCE
        for visitor in [one for one in self.busy if one.asks[0].due < late]:
            while len(visitor.asks) > 1 and visitor.asks[1].due < late:
                self.tell(visitor.asks[1].kind, visitor.asks[1].due, "gave-up")
                del visitor.asks[1]
            self.failed(visitor, "gave-up")

    # --- Time

    def run(self, begin: float) -> None:
        for seconds, rate in self.job.steps:
            self.visit(begin, begin + seconds, rate)
            begin += seconds
        end = time.monotonic() + AFTERWARDS
        while self.busy and time.monotonic() < end:
            self.wait(0.05)
        for visitor in self.busy:
            for ask in visitor.asks:
                self.tell(ask.kind, ask.due, "gave-up")
        if self.acts:
            self.acts.close()

    def visit(self, begin: float, end: float, rate: float) -> None:
        due, tidied = begin + random.expovariate(rate), begin
        while due < end:
            now = time.monotonic()
            while due <= now and due < end:
                self.load(random.choice(self.visitors), due)
                due += random.expovariate(rate)
            self.wait(min(0.05, max(0.0, due - time.monotonic())))
            if now > tidied + 1:
                tidied = now
                self.give_up()

    def wait(self, seconds: float) -> None:
        for file, _ in self.epoll.poll(seconds, 512):
            visitor = self.by_file.get(file)
            if visitor is not None:
                self.read(visitor)


def viewed(photos: list[str]) -> list[str]:
    few = max(1, int(len(photos) * VIEWED))
    some, others = photos[:few], photos[few:]
    return [random.choice(some if random.random() < VIEWS else others) for _ in range(PHOTOS)]


def main(read: Callable[[], str]) -> None:
    crowd = Crowd(Job(**json.loads(read())))
    print("ready", flush=True)
    crowd.run(float(read()))
    sys.stdout.write("".join(f"{line}\n" for line in crowd.lines))


if __name__ == "__main__":
    main(sys.stdin.readline)
