"""A small IMAP4rev1 server over TLS on loopback: one account, one folder, the commands that a
reader of bounces sends (RFC 3501 §6).
"""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from dataclasses import dataclass, field


@dataclass
class Folder:
    """Messages by their uid; the seen ones; what the account's password is. broken: what the server
    cannot give. given: how many bytes of each it gave.
    """

    password: str
    messages: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    broken: set[int] = field(default_factory=set)
    given: dict[int, int] = field(default_factory=dict)


class _Handler(socketserver.StreamRequestHandler):
    folder: Folder

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, command, *rest = line.decode().rstrip("\r\n").split(" ", 2)
            text = rest[0] if rest else ""
            done = self.answer(command.upper(), text)
            self.wfile.write(f"{tag} {done}\r\n".encode())
            if command.upper() == "LOGOUT":
                return

    def answer(self, command: str, text: str) -> str:
        if command == "CAPABILITY":
            self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
        elif command == "LOGIN" and self.folder.password not in text:
            return "NO wrong password"
        elif command == "SELECT":
            if "INBOX" not in text and "Rebotes" not in text:
                return "NO no such folder"
            self.wfile.write(f"* {len(self.folder.messages)} EXISTS\r\n".encode())
        elif command == "LOGOUT":
            self.wfile.write(b"* BYE\r\n")
        elif command == "UID":
            return self.uid(text)
        return "OK done"

    def uid(self, text: str) -> str:
        folder = self.folder
        if text.startswith("SEARCH"):
            unseen = " ".join(str(one) for one in folder.messages if one not in folder.seen)
            self.wfile.write(f"* SEARCH {unseen}\r\n".encode())
            return "OK done"
        number = int(re.findall(r"\d+", text)[0])
        if text.startswith("STORE"):
            folder.seen.add(number)
            return "OK done"
        if number in folder.broken:
            return "NO some messages cannot be read"
        most = re.search(r"BODY\.PEEK\[\]<0\.(\d+)>", text)
        raw = folder.messages[number][: int(most[1]) if most else None]
        folder.given[number] = len(raw)
        self.wfile.write(f"* 1 FETCH (UID {number} BODY[]<0> {{{len(raw)}}}\r\n".encode())
        self.wfile.write(raw + b")\r\n")
        return "OK done"


class ImapServer:
    """Serves a folder on a free port of 127.0.0.1."""

    def __init__(self, folder: Folder, context: ssl.SSLContext) -> None:
        handler = type("Handler", (_Handler,), {"folder": folder})
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]

    def __enter__(self) -> ImapServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
