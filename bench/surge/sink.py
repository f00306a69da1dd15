"""An SMTP server of its own process that notes each mail: `python -m bench.surge.sink PORT FILE`.

It puts off five of a hundred recipients on their first try.
"""

from __future__ import annotations

import json
import re
import sys
import time
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

DEFERRED_OF = 20
_LINK = re.compile(r"https?://\S+/ingreso/[\w-]+")


class Sink:
    """A line of JSON for each mail: at, to, id, link."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a", encoding="utf-8")
        self._put_off: set[str] = set()

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        number = int(re.sub(r"\D", "", address.partition("@")[0]) or 0)
        if number % DEFERRED_OF == 1 and address not in self._put_off:
            self._put_off.add(address)
            return "450 4.2.0 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        text = message.get_body(("plain",))
        found = _LINK.search(text.get_content()) if text else None
        line = {
            "at": time.time(),
            "to": envelope.rcpt_tos[0],
            "id": message["Message-ID"],
            "link": found[0] if found else "",
        }
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        return "250 OK"


def main() -> None:
    """Serve until the process is ended."""
    port, file = int(sys.argv[1]), Path(sys.argv[2])
    controller = Controller(Sink(file), hostname="127.0.0.1", port=port)
    controller.start()
    while True:
        time.sleep(3_600)


if __name__ == "__main__":
    main()
