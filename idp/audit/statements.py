"""Checking checkpoints: signatures, that each follows the one before, what they vouch for."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from idp.audit.checkpoints import Checkpoint, Kind, Signed, digest_of
from idp.audit.findings import Finding, Findings, What
from idp.audit.ports import CheckpointKeys


@dataclass
class Vouched:
    """What signed statements say of the chain.

    hashes: of seals, by number. times: the number of each statement, with when it was made; by n.
    purged: the last number that a purge has taken; damaged: how many of those did not fit their
    seals by then. last: the highest number.
    """

    hashes: dict[int, str] = field(default_factory=dict)
    times: list[tuple[int, datetime]] = field(default_factory=list)
    purged: int = 0
    damaged: int = 0
    last: int = 0
    statements: int = 0

    def also(self, other: Vouched) -> None:
        """What copies say, which may go further."""
        for number, found in other.hashes.items():
            self.hashes.setdefault(number, found)
        if other.last > self.last:
            self.times += [one for one in other.times if one[0] > self.last]
        self.last, self.purged = max(self.last, other.last), max(self.purged, other.purged)

    def add(self, one: Checkpoint) -> None:
        """What one statement says."""
        self.statements += 1
        if one.number:
            self.hashes.setdefault(one.number, one.hash)
            self.times.append((one.number, one.at))
            self.last = max(self.last, one.number)
        if one.purged is not None:
            self.hashes.setdefault(one.purged.to, one.purged.hash)
            self.purged = max(self.purged, one.purged.to)
            self.damaged += one.purged.damaged


class Statements:
    """Reads statements in the order of their n, and keeps what those with a good signature say.

    until: what was signed later is checked, and says nothing. after: of a part, the number before
    its first row; what was signed for less says who signs next, and nothing else.
    """

    def __init__(
        self,
        keys: CheckpointKeys,
        findings: Findings,
        *,
        until: datetime | None = None,
        after: int | None = None,
    ) -> None:
        self._keys = keys
        self._until = until
        self._after = after or 0
        self._findings = findings
        self.vouched = Vouched()
        self.seen: dict[int, str] = {}
        self._last: Signed | None = None
        self._retired: set[str] = set()
        self._kid: str | None = None

    def read_copies(self, texts: Iterable[str]) -> None:
        """Those of a file: what was sent twice is there twice, two senders may have crossed, and of
        what a full disk cut off there is the whole besides.
        """
        rows = {text.strip(): _n(text) for text in texts if text.strip()}
        for text, following in pairwise(sorted(rows)):
            if following.startswith(text):
                del rows[text]
        for text, _ in sorted(rows.items(), key=lambda row: row[1]):
            self.one(text)

    def one(self, jws: str) -> None:
        """One statement; it counts only if its signature is good."""
        try:
            kid, payload = self._keys.open(jws)
            found = Checkpoint.of(payload)
        except ValueError as error:
            number = self._last.checkpoint.n + 1 if self._last else None
            self._find(What.CHECKPOINT_FORGED, number, str(error))
            return
        if kid in self._retired:
            self._find(What.CHECKPOINT_FORGED, found.n, "signed by a key that had a successor")
            return
        if found.number < self._after:
            self._succession(kid, found)
            return
        self._follows(found)
        self._succession(kid, found)
        self._last = Signed(found, jws)
        if self._until is not None and found.at > self._until:
            return
        self.seen[found.n] = digest_of(jws)
        self.vouched.add(found)

    def starts(self) -> None:
        """That the first of all is there."""
        first = min(self.seen, default=1)
        if first > 1:
            self._findings.add(Finding(What.CHECKPOINT_REMOVED, 1, until=first - 1))

    def compare(self, copies: Mapping[int, str]) -> None:
        """With copies elsewhere (n to digest): they must be the same, and none be missing here."""
        for n in sorted(copies):
            if n not in self.seen:
                self._find(What.CHECKPOINT_REMOVED, n, "there is a copy of it")
            elif self.seen[n] != copies[n]:
                self._find(What.CHECKPOINT_ALTERED, n, "its copy says something else")

    def _follows(self, found: Checkpoint) -> None:
        last = self._last
        if last is None:
            return
        if found.n > last.checkpoint.n + 1:
            first, until = last.checkpoint.n + 1, found.n - 1
            self._findings.add(Finding(What.CHECKPOINT_REMOVED, first, until=until))
        elif found.n <= last.checkpoint.n:
            self._find(What.CHECKPOINT_ALTERED, found.n, "there are two of this number")
        elif found.previous != digest_of(last.jws):
            self._find(What.CHECKPOINT_ALTERED, found.n, "it follows another one")
        if found.issuer != last.checkpoint.issuer:
            self._find(What.CHECKPOINT_ALTERED, found.n, "of another issuer")

    def _succession(self, kid: str, found: Checkpoint) -> None:
        """From its first statement on a successor alone signs; both have signed that it is one."""
        if self._kid is not None and kid != self._kid:
            self._retired.add(self._kid)
        self._kid = kid
        if found.kind is not Kind.KEY or found.successor is None:
            return
        try:
            successor = self._keys.trust(found.successor)
            signer, proof = self._keys.open(found.proof or "")
        except ValueError as error:
            self._find(What.CHECKPOINT_FORGED, found.n, f"successor: {error}")
            return
        if signer != successor or proof != {"n": found.n, "previous": found.previous}:
            self._find(What.CHECKPOINT_FORGED, found.n, "the successor did not sign for it")

    def _find(self, what: What, number: int | None, detail: str) -> None:
        self._findings.add(Finding(what, number, detail=detail))


def _n(jws: str) -> int:
    """What it says it is, for their order alone."""
    try:
        middle = jws.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))["n"]
        return found if isinstance(found, int) else 0
    except (ValueError, IndexError, KeyError, TypeError):
        return 0
