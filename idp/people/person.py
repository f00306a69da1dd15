"""A person, their addresses, and what an upstream or a file says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from idp.kernel.identity import Identifier

# Who said something of a person, in `Person.said`; a file is `file:<its source>`.
UPSTREAM, PERSON, SCIM = "upstream", "person", "scim"


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Address:
    """A contact e-mail address. All moments are aware, UTC.

    verified_at: when the person proved it, None until then. counts_from: from when contingency
    uses it, set together with verified_at. undeliverable_at: when a relay refused it for good.
    confirmed_at: when they last said, asked for it, that it is still theirs.
    """

    id: str
    email: str
    created_at: datetime
    verified_at: datetime | None = None
    counts_from: datetime | None = None
    undeliverable_at: datetime | None = None
    confirmed_at: datetime | None = None


@dataclass(frozen=True)
class Person:
    """A person within a realm.

    id: our opaque id, for logs and rows. sub: the random subject that relying parties see, the
    same in both modes. identifier: the value of their Identifier in `realm`. usuario: usuario SOL
    or Extranet user. name: razón social, or the person's full name. imported_active: a file said
    that they logged in before. extras: what else SUNAT tells (ddp…), never shown by default.
    standard: claims that a file brought, by the columns of `people.standard`. profile: what the
    person's form holds beside the address, by the fields of `people.profile`. said: who said
    `name`, `ruc`, `standard`, `profile`, `email`, `consent` and `active`: `upstream`, `person`,
    `file:<source>` or `scim`; and whether the form's was before a doubt (`people.former`).
    addresses: the oldest first. doubted_at: what was said of address and consent before it counts
    no more, since it may be another human's (`people.doubt`). active: whether VUCE's system counts
    them among its users. withdrawn_at: when it said that there is no such person; contingency is
    closed then, as to who is not active.
    """

    id: str
    sub: str
    realm: str
    identifier: str
    usuario: str
    name: str
    created_at: datetime
    updated_at: datetime
    ruc: str | None = None
    tipo_usuario: str = ""
    given_name: str = ""
    family_name: str = ""
    first_login_at: datetime | None = None
    last_login_at: datetime | None = None
    imported_active: bool = False
    consent: bool = False
    consent_at: datetime | None = None
    extras: Mapping[str, str] = field(default_factory=_nothing)
    standard: Mapping[str, str] = field(default_factory=_nothing)
    profile: Mapping[str, str] = field(default_factory=_nothing)
    said: Mapping[str, str] = field(default_factory=_nothing)
    active: bool = True
    withdrawn_at: datetime | None = None
    addresses: tuple[Address, ...] = ()
    doubted_at: datetime | None = None

    @property
    def key(self) -> Identifier:
        """The identifier with its realm."""
        return Identifier(self.realm, self.identifier)


@dataclass(frozen=True)
class UpstreamFacts:
    """What an upstream proved about the person who has just logged in there.

    Padding is stripped and identifiers are normalised already; what it does not tell is empty.
    """

    realm: str
    identifier: Identifier
    usuario: str
    ruc: str | None = None
    tipo_usuario: str = ""
    name: str = ""
    given_name: str = ""
    family_name: str = ""
    extras: Mapping[str, str] = field(default_factory=_nothing)


@dataclass(frozen=True)
class PendingVerification:
    """A verification as it is stored: nothing in it is a secret. tries: wrong ones so far."""

    id: str
    person_id: str
    address_id: str
    created_at: datetime
    expires_at: datetime
    tries: int = 0


@dataclass(frozen=True)
class Verification:
    """A verification as the mail and the form need it; code and token are derived, never stored.

    code: six digits. token: 43 characters, for the link.
    """

    id: str
    person: Person
    address: Address
    code: str
    token: str
    expires_at: datetime


@dataclass(frozen=True)
class ContactChange:
    """What `set_contact` did. pending_verification_id: a mail with its code must leave."""

    pending_verification_id: str | None
    changed: bool


@dataclass(frozen=True)
class Confirmation:
    """What `confirm_address` did.

    person_id: whose. address: verified now, in force from `address.counts_from`. previous: the
    address that it replaces and that must be told of it, None for a first one.
    """

    person_id: str
    address: Address
    previous: Address | None


@dataclass(frozen=True)
class KnownBrowser:
    """A browser in which this person logged in through SUNAT. token_digest: of its cookie's token.

    counts_from: before it, the browser is as good as unknown. agent: it in two words, as
    `web.agent` says, for its person to recognise.
    """

    id: str
    person_id: str
    token_digest: str
    created_at: datetime
    counts_from: datetime
    expires_at: datetime
    agent: str = ""
