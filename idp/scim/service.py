"""People as SCIM Users, one at a time: read, made, changed, withdrawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from scim2_models import (
    Context,
    InvalidValueException,
    MutabilityException,
    NotFoundException,
    PatchOp,
    UniquenessException,
)

from idp.clients.client import Client
from idp.kernel.clock import Clock
from idp.kernel.identity import normalise
from idp.kernel.ids import storable
from idp.people.merging import Voice
from idp.people.person import SCIM, Person
from idp.people.ports import Listed
from idp.people.provisioned import Provisioned
from idp.people.provisioning import (
    ErasedBefore,
    Held,
    KnownAlready,
    NobodyThere,
    Provisioning,
    Wish,
)
from idp.people.provisioning_news import By
from idp.people.rows import Parsed, RowReader
from idp.scim import mapping
from idp.scim.errors import refusal
from idp.scim.reads import Reads
from idp.scim.representation import Parameters, Representation, Shown
from idp.scim.schema import PersonUser
from idp.scim.versions import demand

_MAX_EXTERNAL_ID = 200
_MAX_ID = 40
_NO_SUCH = "There is no User of that id."
_ERASED = (
    "The data of this person was erased at their request. They are there again when they log in "
    "themselves, or when an operator restores them."
)
_HELD = (
    "An obligation keeps this person's data: their e-mail address is neither replaced nor removed "
    "until an operator releases it. With active false nobody enters by it."
)
T = TypeVar("T")


class Users:
    """Every method may raise a SCIMException and Unavailable.

    say: what is wrong, in the language of answers. asked: what of the User is shown; None where
    nobody reads the answer, or may.
    """

    def __init__(
        self,
        *,
        people: Provisioning,
        reader: RowReader,
        representation: Representation,
        reads: Reads,
        clock: Clock,
        say: Callable[[object], object],
    ) -> None:
        self._people = people
        self._reader = reader
        self._representation = representation
        self._reads = reads
        self._clock = clock
        self._say = say

    def get(self, client: Client, person_id: str, asked: Parameters) -> Shown:
        """One User."""
        listed = _found(lambda: self._people.get(_readable(person_id), client.client_id))
        self._reads.record(client, 1)
        return self._representation.shown(listed, asked)

    def create(self, client: Client, user: Any, asked: Parameters | None = None) -> Shown:
        """A new User (RFC 7644 §3.3)."""
        parsed, wish = self._wish(client, user, None)
        try:
            listed = _found(
                lambda: self._people.create(parsed.identifier, parsed.usuario, wish, _by(client))
            )
        except KnownAlready:
            raise UniquenessException(detail="There is a User of that userName.") from None
        except ErasedBefore:
            raise refusal(403, _ERASED) from None
        return self._representation.shown(listed, asked)

    def replace(
        self,
        client: Client,
        person_id: str,
        user: Any,
        if_match: tuple[str, ...] = (),
        asked: Parameters | None = None,
    ) -> Shown:
        """Replace a User (RFC 7644 §3.5.1). What SUNAT says stays, as what is read-only does.

        Without our extension, what the extension holds stays: a system that knows only the core
        schema withdraws nobody's consent.
        """

        def decide(current: Any) -> Any:
            if normalise(user.user_name or "") == normalise(current.user_name or ""):
                user.user_name = current.user_name
            if user.Person is None:
                user.Person = current.Person
            user.replace(current)
            return user

        return self._change(client, person_id, decide, if_match, asked, strict=False)

    def patch(
        self,
        client: Client,
        person_id: str,
        patch: PatchOp[Any],
        if_match: tuple[str, ...] = (),
        asked: Parameters | None = None,
    ) -> Shown:
        """Change parts of a User (RFC 7644 §3.5.2). To change or remove what SUNAT says is refused
        (§3.5.2.2).
        """

        def decide(current: Any) -> Any:
            patch.patch(current)
            return current

        return self._change(client, person_id, decide, if_match, asked, strict=True)

    def delete(self, client: Client, person_id: str, if_match: tuple[str, ...] = ()) -> None:
        """Withdraw a User (RFC 7644 §3.6)."""

        def check(listed: Listed) -> None:
            shown = self._representation
            demand(if_match, shown.version(shown.members(listed)))

        _found(lambda: self._people.withdraw(_readable(person_id), _by(client), check))

    def _change(
        self,
        client: Client,
        person_id: str,
        decide: Callable[[Any], Any],
        if_match: tuple[str, ...],
        asked: Parameters | None,
        *,
        strict: bool,
    ) -> Shown:
        before: list[Listed] = []

        def wish(listed: Listed) -> Wish:
            before.append(listed)
            members = self._representation.members(listed)
            demand(if_match, self._representation.version(members))
            user = decide(PersonUser.model_validate(members))
            return self._wish(client, user, listed.person)[1]

        def judge(found: Provisioned) -> None:
            if strict and found.refused:
                names = ", ".join(mapping.COLUMNS[one].name for one in found.refused)
                raise MutabilityException(detail=f"SUNAT says otherwise: {names}")

        listed = _found(lambda: self._people.change(_readable(person_id), _by(client), wish, judge))
        if asked is not None and listed is before[-1]:  # no change is on record: it was a look
            self._reads.record(client, 1)
        return self._representation.shown(listed, asked)

    def _wish(self, client: Client, user: Any, person: Person | None) -> tuple[Parsed, Wish]:
        members = user.model_dump(scim_ctx=Context.DEFAULT)
        row, now = mapping.row(members, person), self._clock.now()
        told = mapping.told(row, person)
        parsed, problems = (
            self._reader.read(told, now)
            if person is None
            else self._reader.read_known(told, person.key, now)
        )
        if parsed is None:
            raise InvalidValueException(detail=mapping.problem(problems[0], self._say))
        # Whom a trusted system makes known as active used VUCE before, by its word.
        known = person is None and client.scim.trust_logins and user.active is True
        wanted = mapping.wanted(parsed, row, members, used_before=known)
        return parsed, Wish(wanted, _external_id(members))


def _readable(person_id: str) -> str:
    """The id, unless it is none that a database could be asked for."""
    if len(person_id) > _MAX_ID or storable(person_id) != person_id:
        raise NotFoundException(detail=_NO_SUCH)
    return person_id


def _found(call: Callable[[], T]) -> T:
    try:
        return call()
    except NobodyThere:
        raise NotFoundException(detail=_NO_SUCH) from None
    except Held:
        # RFC 7644 §3.12: "not compatible with the target attribute's … current state".
        raise refusal(409, _HELD, "mutability") from None


def _by(client: Client) -> By:
    """VUCE's own word is newer than any file of hers."""
    wins = client.scim.wins == "vuce"
    return By(client.client_id, Voice(SCIM, over_files=True, over_person=wins))


def _external_id(members: Mapping[str, Any]) -> str | None:
    found = members.get("externalId")
    if not found:
        return None
    if len(found) > _MAX_EXTERNAL_ID or not found.isprintable():
        raise InvalidValueException(
            detail=f"externalId: at most {_MAX_EXTERNAL_ID} printable characters"
        )
    return str(found)
