"""What a visitor does after a load: likes, comments, follows and uploads, as a browser sends them, by a few threads
over connections of their own."""

import http.client
import queue
import random
import re
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

THREADS = 16
SHARES = {"like": 0.80, "comment": 0.12, "follow": 0.06, "upload": 0.02}
POST = re.compile(rb'href="/p/(\w+)/"')
WORDS = ("Wonderful", "Where is this?", "I was there last year", "The light!", "More of these, please")
DONE = {"like": 200, "comment": 302, "follow": 200, "upload": 201}

Tell = Callable[[str, float, str], None]  # kind, when it was due, outcome


class Acts:
    def __init__(
        self, host: str, port: int, tell: Tell, *, members: list[tuple[str, str]], uploaders: list[str], photo: str
    ) -> None:
        """`members`: cookies and names of who may be followed; `uploaders`: cookies; `photo`: a path."""
        self.host, self.port, self.tell, self.members, self.uploaders = host, port, tell, members, uploaders
        self.photo = Path(photo).read_bytes()
        self.todo: queue.Queue[tuple[str, float, str, str] | None] = queue.Queue()
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(THREADS)]
        for thread in self.threads:
            thread.start()

    def after(self, page: bytes, cookie: str) -> None:
        """An act of somebody who sees this page."""
        posts = POST.findall(page)
        if not posts:
            self.tell("feed", time.monotonic(), "no-posts")
            return
        kind = random.choices(list(SHARES), list(SHARES.values()))[0]
        who = random.choice(self.uploaders) if kind == "upload" else cookie
        self.todo.put((kind, time.monotonic(), random.choice(posts).decode(), who))

    def close(self) -> None:
        for _ in self.threads:
            self.todo.put(None)
        for thread in self.threads:
            thread.join(60)

    def _work(self) -> None:
        while act := self.todo.get():
            kind, due, post, cookie = act
            try:
                status = self._send(*self._form(kind, post, cookie), cookie)
                outcome = "200" if status == DONE[kind] else str(status)
            except (OSError, http.client.HTTPException) as error:
                outcome = type(error).__name__
            self.tell(kind, due, outcome)

    def _form(self, kind: str, post: str, cookie: str) -> tuple[str, str, bytes, str]:
        """Path, what is accepted as an answer, body and its type."""
        if kind == "upload":
            return "/upload/", "application/json", *self._multipart()
        path, accept, fields = {
            "like": (f"/p/{post}/like/", "application/json", {"action": "like"}),
            "comment": (f"/p/{post}/comments/", "text/html", {"text": random.choice(WORDS)}),
            "follow": (f"/u/{self._somebody_else(cookie)}/follow/", "application/json", {"action": "follow"}),
        }[kind]
        return path, accept, urlencode(fields).encode(), "application/x-www-form-urlencoded"

    def _somebody_else(self, cookie: str) -> str:
        while True:
            own, name = random.choice(self.members)
            if own != cookie:
                return name

    def _multipart(self) -> tuple[bytes, str]:
        boundary = uuid.uuid4().hex
        head = f"--{boundary}\r\nContent-Disposition: form-data; name="
        caption = f'{head}"caption"\r\n\r\nFresh from today\r\n'
        photo = f'{head}"photos"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        body = b"".join([caption.encode(), photo.encode(), self.photo, f"\r\n--{boundary}--\r\n".encode()])
        return body, f"multipart/form-data; boundary={boundary}"

    def _send(self, path: str, accept: str, body: bytes, kind: str, cookie: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Host": self.host, "Cookie": cookie, "Accept": accept, "Content-Type": kind}
        headers |= {"Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"}
        try:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            response.read()
            return response.status
        finally:
            connection.close()
