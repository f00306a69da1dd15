"""The SMTP side: takes every message, or misbehaves as it is told."""

from __future__ import annotations

import asyncio
from typing import Any

from aiosmtpd.controller import Controller

from sandbox.mailbox.store import Mailbox


class Catcher:
    """aiosmtpd's handler."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Refuse or defer the recipient, when told to."""
        if self._mailbox.behaviour == "refuse":
            return "550 5.1.1 no such mailbox"
        if self._mailbox.behaviour == "defer":
            return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep the message; hang or hang up first, when told to."""
        if self._mailbox.behaviour == "hang":
            await asyncio.sleep(3600)
        if self._mailbox.behaviour == "close":
            # The sender cannot know whether it arrived, and sends it again.
            server.transport.close()
            return "421 closing"
        self._mailbox.add(envelope.mail_from or "", envelope.rcpt_tos, envelope.content)
        return "250 OK"


def start(mailbox: Mailbox, host: str, port: int) -> Controller:
    """Listen in a thread of its own. Raises OSError when the port is taken."""
    controller = Controller(Catcher(mailbox), hostname=host, port=port)
    controller.start()
    return controller
