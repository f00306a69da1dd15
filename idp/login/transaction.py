"""A parked request: what the person came for, and how far they have come."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from idp.kernel.identity import Mode, Proof
from idp.kernel.ids import digest

Destination = Literal["authorize", "account", "component"]
MAX_BYTES = 8_192


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """One login under way; immutable, saved with compare-and-set on `version`.

    id: the secret in the URL. browser_hash: digest of the browser cookie that it belongs to, None
    until the first GET binds it (a cross-site POST carries no Lax cookie).
    destination: `authorize` (a component's request, `params` in its own order), `account`, or
    `component` (its front door, for who was proved in another browser than the one that asked).
    prompt, max_age (seconds), acr_required: what the request asks of the authentication.
    subject: the `sub` that it expects, as this component sees it (an id_token_hint's). pushed:
    digest of the pushed request that it came from. denied: the person went back instead.
    realm: what the person chose. confirmed: they said that the session's person is them.
    switch_confirmed: they agreed to leave the session of another person.
    link_id: the one live e-mail link. proof: who was proved, and how.
    nudge: what the person is to be told before they go on, in the words of the room that tells it;
    nudge_answered: they were told, and went on or went to mend it.
    sent_at: when the person was last sent to the upstream of `realm`, which has proved nobody
    since. came_back: an answer came from there, and was none.
    drill: the drill that took this login, empty once it is known that none did, None before.
    drill_left: its person preferred SUNAT. drill_trace: the trace of the login that the drill took,
    where this one goes on with it in another browser.
    """

    id: str
    browser_hash: str | None
    destination: Destination
    client_id: str | None
    params: tuple[tuple[str, str], ...]
    realms: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    prompt: frozenset[str] = frozenset()
    max_age: int | None = None
    acr_required: str | None = None
    subject: str | None = None
    pushed: str | None = None
    denied: bool = False
    realm: str | None = None
    confirmed: bool = False
    switch_confirmed: bool = False
    link_id: str | None = None
    proof: Proof | None = None
    nudge: str | None = None
    nudge_answered: bool = False
    sent_at: datetime | None = None
    came_back: bool = False
    drill: str | None = None
    drill_left: bool = False
    drill_trace: str = ""
    version: int = 0

    @property
    def trace(self) -> str:
        """Its name in the audit log: the id is a secret, and this names it just as well."""
        return self.drill_trace or digest(self.id)[:16]

    @property
    def login_hint(self) -> str:
        """Who the component thinks it is (OpenID Connect Core §3.1.2.1), empty without one."""
        return dict(self.params).get("login_hint", "")

    @property
    def ui_locales(self) -> str:
        """The languages that the component asks for (OpenID Connect Core §3.1.2.1), if any."""
        return dict(self.params).get("ui_locales", "")

    def to_json(self) -> str:
        """The stored form."""
        record: dict[str, Any] = {
            "id": self.id,
            "browser_hash": self.browser_hash,
            "destination": self.destination,
            "client_id": self.client_id,
            "params": self.params,
            "realms": self.realms,
            "created_at": self.created_at.timestamp(),
            "expires_at": self.expires_at.timestamp(),
            "prompt": sorted(self.prompt),
            "max_age": self.max_age,
            "acr_required": self.acr_required,
            "subject": self.subject,
            "pushed": self.pushed,
            "denied": self.denied,
            "realm": self.realm,
            "confirmed": self.confirmed,
            "switch_confirmed": self.switch_confirmed,
            "link_id": self.link_id,
            "proof": None,
        }
        if self.nudge is not None:
            record |= {"nudge": self.nudge, "nudge_answered": self.nudge_answered}
        if self.sent_at is not None:
            record |= {"sent_at": self.sent_at.timestamp(), "came_back": self.came_back}
        if self.drill is not None:
            record |= {
                "drill": self.drill,
                "drill_left": self.drill_left,
                "drill_trace": self.drill_trace,
            }
        if self.proof:
            record["proof"] = {
                "realm": self.proof.realm,
                "person_id": self.proof.person_id,
                "mode": self.proof.mode.value,
                "auth_time": self.proof.auth_time.timestamp(),
                "known_browser": self.proof.known_browser,
            }
        return json.dumps(record, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, version: int) -> Transaction:
        """Read the stored form."""
        record = json.loads(text)
        proof, sent_at = record.pop("proof"), record.pop("sent_at", None)
        return cls(
            **{
                **record,
                "params": tuple((name, value) for name, value in record["params"]),
                "realms": tuple(record["realms"]),
                "prompt": frozenset(record["prompt"]),
                "created_at": moment(record["created_at"]),
                "expires_at": moment(record["expires_at"]),
            },
            version=version,
            sent_at=None if sent_at is None else moment(sent_at),
            proof=proof
            and Proof(
                realm=proof["realm"],
                person_id=proof["person_id"],
                mode=Mode(proof["mode"]),
                auth_time=moment(proof["auth_time"]),
                known_browser=proof["known_browser"],
            ),
        )


def moment(epoch_seconds: float) -> datetime:
    """A stored time (epoch seconds) as an aware UTC datetime."""
    return datetime.fromtimestamp(epoch_seconds, UTC)
