"""A vendor's `siteverify`, on loopback: it says what a test has it say, and keeps what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


@dataclass
class VendorServer:
    """says: the body of the next answers (text is sent as it is), status: theirs. answers: cleared,
    it hangs until it is set.
    """

    url: str = ""
    says: Any = None
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)
    answers: threading.Event = field(default_factory=threading.Event)


@contextmanager
def vendor_server() -> Iterator[VendorServer]:
    found = VendorServer()
    found.answers.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found.asked.append(dict(parse_qsl(body, keep_blank_values=True)))
            found.answers.wait(30)
            says = found.says if isinstance(found.says, str) else json.dumps(found.says)
            self.send_response(found.status)
            self.send_header("Content-Length", str(len(says.encode())))
            self.end_headers()
            self.wfile.write(says.encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}/siteverify"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
