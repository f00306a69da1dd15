"""Those who wait: their pages ask how it goes, as the page's script does (espera.js)."""

from __future__ import annotations

import http.client
import threading
import time
from collections import deque

from bench.surge.asking import Visitor
from bench.surge.post import Post
from bench.surge.sizing import POLL_EVERY

# From the relay to the person: the mail's way, noticing it, and leaving the page for it.
NOTICED_AFTER = 60.0
_THREADS = 8


class WaitingRoom:
    """Pages in sight. Each looks every 15 s until its person has had time to find the mail; a
    stranger's stays to the end. polls, failed: so far.
    """

    def __init__(self, port: int, post: Post) -> None:
        self.port = port
        self.post = post
        # All wait equally long, so whoever came first is due first.
        self._due: deque[tuple[float, Visitor, str]] = deque()
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self.seated: list[tuple[Visitor, str]] = []
        self.polls = 0
        self.failed = 0
        self._threads = [threading.Thread(target=self._work) for _ in range(_THREADS)]
        for one in self._threads:
            one.start()

    def seat(self, visitor: Visitor, page: str) -> None:
        """This one's waiting page is open now."""
        state = page.replace("/revise-su-correo", "/estado")
        with self._guard:
            self.seated.append((visitor, state))
            self._due.append((time.time() + POLL_EVERY, visitor, state))

    @property
    def page_open(self) -> float:
        """Seconds that a page was in sight on average."""
        return self.polls * POLL_EVERY / max(1, len(self.seated))

    def close(self) -> None:
        """Everybody closes the page."""
        self._stop.set()
        for one in self._threads:
            one.join()

    def _work(self) -> None:
        line = _line(self.port)
        while not self._stop.is_set():
            with self._guard:
                found = self._due.popleft() if self._due else None
            if found is None:
                self._stop.wait(0.2)
                continue
            due, visitor, state = found
            if self._stop.wait(max(0.0, due - time.time())):
                break
            arrived = self.post.arrived(visitor.who.email)
            if arrived is not None and arrived + NOTICED_AFTER < time.time():
                continue
            good = poll(visitor, state, line)
            with self._guard:
                self.polls += 1
                self.failed += not good
                self._due.append((time.time() + POLL_EVERY, visitor, state))
        line.close()


def poll_one_by_one(room: WaitingRoom, polls: int) -> None:
    """So many polls one after the other, of pages that were open: the caller reads the clock."""
    line = _line(room.port)
    for number in range(polls if room.seated else 0):
        poll(*room.seated[number * 7 % len(room.seated)], line)
    line.close()


def poll(visitor: Visitor, state: str, line: http.client.HTTPConnection) -> bool:
    """One look over a line that many share, as behind a proxy; whether it was answered."""
    try:
        return visitor.get(state, line).status == 200
    except (OSError, http.client.HTTPException):
        line.close()
        return False


def _line(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)
