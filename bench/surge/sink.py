"""An SMTP server of its own process that notes each mail: `python -m bench.surge.sink --help`.

It takes its time for each mail, and puts off five of a hundred recipients as greylisting does:
each of several tries, until long enough after the first. On SIGTERM it hears nobody new and
finishes what it has, as a relay does that is stopped: so only killed workers make mails repeat.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import signal
import time
from collections import defaultdict
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

PUT_OFF_OF = 20
LEAST_TRIES = 3
_LINK = re.compile(r"https?://\S+/ingreso/[\w-]+")
_FAREWELL = 10.0


def is_put_off(address: str) -> bool:
    """Whether this one is of the five of a hundred."""
    return int(re.sub(r"\D", "", address.partition("@")[0]) or 0) % PUT_OFF_OF == 1


class Sink:
    """A line of JSON for each mail (at, to, id, link) and for each put-off (at, to, put_off).

    latency: seconds for a mail. greylist: seconds from the first try on, 0 for never.
    """

    def __init__(self, journal: Path, *, latency: float, greylist: float) -> None:
        self._tries = _remembered(journal)
        self._file = journal.open("a", encoding="utf-8")
        self._latency = latency
        self._greylist = greylist

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        now = time.time()
        if self._greylist and is_put_off(address):
            tries = self._tries[address]
            if len(tries) < LEAST_TRIES or now < tries[0] + self._greylist:
                tries.append(now)
                self._note({"at": now, "to": address, "put_off": True})
                return "451 4.7.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        # Half of the time before the mail is safe here and half after: a worker that dies meanwhile
        # has handed over nothing, or a mail whose receipt it never saw.
        await asyncio.sleep(self._latency / 2)
        message = message_from_bytes(envelope.content, policy=policy.default)
        text = message.get_body(("plain",))
        found = _LINK.search(text.get_content()) if text else None
        self._note(
            {
                "at": time.time(),
                "to": envelope.rcpt_tos[0],
                "id": message["Message-ID"],
                "link": found[0] if found else "",
            }
        )
        await asyncio.sleep(self._latency / 2)
        return "250 OK"

    def _note(self, entry: dict[str, Any]) -> None:
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()


def _remembered(journal: Path) -> defaultdict[str, list[float]]:
    """The tries that a stopped sink saw: greylisting outlives the relay's restart."""
    tries: defaultdict[str, list[float]] = defaultdict(list)
    for line in journal.read_text(encoding="utf-8").splitlines() if journal.exists() else ():
        entry = json.loads(line)
        if entry.get("put_off"):
            tries[entry["to"]].append(entry["at"])
    return tries


class _Counted(SMTP):
    """Counts the sessions that are open."""

    open = 0

    def connection_made(self, transport: Any) -> None:
        _Counted.open += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        _Counted.open -= 1
        super().connection_lost(error)


async def _serve(port: int, sink: Sink) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(lambda: _Counted(sink, loop=loop), "127.0.0.1", port)
    await stop.wait()
    server.close()
    deadline = time.monotonic() + _FAREWELL
    while _Counted.open and time.monotonic() < deadline:
        await asyncio.sleep(0.02)


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="bench.surge.sink")
    parser.add_argument("port", type=int)
    parser.add_argument("journal", type=Path)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--greylist", type=float, default=0.0)
    options = parser.parse_args()
    sink = Sink(options.journal, latency=options.latency, greylist=options.greylist)
    asyncio.run(_serve(options.port, sink))


if __name__ == "__main__":
    main()
