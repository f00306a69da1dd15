"""People as SCIM Users: read, searched, written, by one system at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from scim2_models import (
    Context,
    InvalidPathException,
    InvalidValueException,
    MutabilityException,
    NotFoundException,
    PatchOp,
    ResponseParameters,
    SearchRequest,
    UniquenessException,
)

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.clients.client import Client
from idp.kernel.clock import Clock
from idp.kernel.identity import normalise
from idp.kernel.ids import storable
from idp.people.merging import Voice
from idp.people.person import SCIM, Person
from idp.people.ports import Listed, Order, Place, Selection
from idp.people.provisioned import Provisioned
from idp.people.provisioning import By, ErasedBefore, KnownAlready, NobodyThere, Provisioning, Wish
from idp.people.rows import Parsed, RowReader
from idp.scim import cursors, mapping
from idp.scim.errors import refusal
from idp.scim.filters import selection
from idp.scim.schema import MAX_PAGE, USUAL_PAGE, PersonUser
from idp.scim.versions import demand, version_of

_MAX_EXTERNAL_ID = 200
_MAX_ID = 40
_NO_SUCH = "There is no User of that id."
_ERASED = (
    "The data of this person was erased at their request. They are there again when they log in "
    "themselves, or when an operator restores them."
)
_LISTING = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
Parameters = ResponseParameters[Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Shown:
    """A User as it is answered. version: its entity tag. location: its URL."""

    body: dict[str, Any]
    version: str
    location: str
    id: str


class Users:
    """Every method may raise a SCIMException and Unavailable.

    base: the URL of `/scim/v2`. say: what is wrong, in the language of answers. version_key: of
    entity tags.
    """

    def __init__(
        self,
        *,
        people: Provisioning,
        reader: RowReader,
        audit: Audit,
        stream: AuditStream,
        clock: Clock,
        base: str,
        say: Callable[[object], object],
        version_key: bytes,
    ) -> None:
        self._people = people
        self._reader = reader
        self._audit = audit
        self._stream = stream
        self._clock = clock
        self._base = base
        self._say = say
        self._key = version_key

    def get(self, client: Client, person_id: str, asked: Parameters | None = None) -> Shown:
        """One User."""
        listed = _found(lambda: self._people.get(_readable(person_id), client.client_id))
        self._read(client, 1)
        return self._shown(listed, asked)

    def search(self, client: Client, asked: SearchRequest[Any], *, in_url: bool) -> dict[str, Any]:
        """A page of Users, as a ListResponse. in_url: the question stands in a URL."""
        wanted = selection(asked.filter, in_url=in_url)
        limit = min(USUAL_PAGE if asked.count is None else asked.count, MAX_PAGE)
        page, found = (
            self._by_index(client, asked, wanted, limit)
            if asked.cursor is None
            else self._by_cursor(client, asked, wanted, limit)
        )
        shown = [self._shown(one, asked).body for one in page]
        self._read(client, len(shown))
        return {"schemas": [_LISTING], **found, "itemsPerPage": len(shown), "Resources": shown}

    def _by_index(
        self, client: Client, asked: SearchRequest[Any], wanted: Selection, limit: int
    ) -> tuple[list[Listed], dict[str, Any]]:
        order, first = _order(asked, by_change=False), asked.start_index or 1
        total = self._people.count(wanted, client.client_id)
        found = {"totalResults": total, "startIndex": first}
        if not limit or first > total:  # no database counts as far as somebody may ask
            return [], found
        page = self._people.page(wanted, client.client_id, order, limit=limit, offset=first - 1)
        return page, found

    def _by_cursor(
        self, client: Client, asked: SearchRequest[Any], wanted: Selection, limit: int
    ) -> tuple[list[Listed], dict[str, Any]]:
        """RFC 9865. One more than is shown is looked for, to know whether there is a next page."""
        if asked.start_index is not None:
            raise InvalidValueException(detail="Either startIndex or cursor, not both.")
        order = _order(asked, by_change=True)
        after = cursors.read(asked.cursor or "", order)
        if not limit:
            return [], {}
        page = self._people.page(wanted, client.client_id, order, limit=limit + 1, after=after)
        if len(page) <= limit:
            return page, {}
        last = page[limit - 1].person
        place = Place(last.updated_at, last.id)
        return page[:limit], {"nextCursor": cursors.written(place, order)}

    def create(self, client: Client, user: Any, asked: Parameters | None = None) -> Shown:
        """A new User (RFC 7644 §3.3)."""
        parsed, wish = self._wish(client, user, None)
        try:
            listed = self._people.create(parsed.identifier, parsed.usuario, wish, _by(client))
        except KnownAlready:
            raise UniquenessException(detail="There is a User of that userName.") from None
        except ErasedBefore:
            raise refusal(403, _ERASED) from None
        return self._shown(listed, asked)

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
        """Change parts of a User (RFC 7644 §3.5.2). To change what SUNAT says is refused."""

        def decide(current: Any) -> Any:
            patch.patch(current)
            return current

        return self._change(client, person_id, decide, if_match, asked, strict=True)

    def delete(self, client: Client, person_id: str, if_match: tuple[str, ...] = ()) -> None:
        """Withdraw a User (RFC 7644 §3.6)."""

        def check(listed: Listed) -> None:
            demand(if_match, self._version(listed))

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
        def wish(listed: Listed) -> Wish:
            members = mapping.payload(listed, self._clock.now())
            demand(if_match, version_of(self._key, members))
            user = decide(PersonUser.model_validate(members))
            return self._wish(client, user, listed.person)[1]

        def judge(found: Provisioned) -> None:
            if strict and found.refused:
                names = ", ".join(mapping.COLUMNS[one].name for one in found.refused)
                raise MutabilityException(detail=f"SUNAT says otherwise: {names}")

        listed = _found(lambda: self._people.change(_readable(person_id), _by(client), wish, judge))
        return self._shown(listed, asked)

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

    def _shown(self, listed: Listed, asked: Parameters | None) -> Shown:
        members = mapping.payload(listed, self._clock.now())
        version, person = version_of(self._key, members), listed.person
        location = f"{self._base}/Users/{person.id}"
        members["meta"] = {
            "resourceType": "User",
            "created": person.created_at,
            "lastModified": person.updated_at,
            "location": location,
            "version": version,
        }
        body = PersonUser.model_validate(members).model_dump(
            scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked
        )
        return Shown(body, version, location, person.id)

    def _version(self, listed: Listed) -> str:
        return version_of(self._key, mapping.payload(listed, self._clock.now()))

    def _read(self, client: Client, rows: int) -> None:
        """A look at people's data is on record; through the stream, for it is frequent."""
        if rows:
            entry = self._audit.entry(
                AuditEvent.PEOPLE_READ,
                client_id=client.client_id,
                actor=_by(client).actor,
                rows=rows,
            )
            self._stream.push(entry)


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


def _by(client: Client) -> By:
    """VUCE's own word is newer than any file of hers."""
    wins = client.scim.wins == "vuce"
    return By(client.client_id, Voice(SCIM, over_files=True, over_person=wins))


def _order(asked: SearchRequest[Any], *, by_change: bool) -> Order:
    """Raises InvalidPathException for an attribute that there is no order by."""
    descending = asked.sort_order == SearchRequest.SortOrder.descending
    if asked.sort_by is None:
        return Order(by_change=by_change)
    name = str(asked.sort_by).lower().removeprefix("urn:ietf:params:scim:schemas:core:2.0:user:")
    if name not in ("id", "meta.lastmodified"):
        raise InvalidPathException(detail="sortBy: id or meta.lastModified")
    return Order(by_change=name != "id", descending=descending)


def _external_id(members: Mapping[str, Any]) -> str | None:
    found = members.get("externalId")
    if not found:
        return None
    if len(found) > _MAX_EXTERNAL_ID or not found.isprintable():
        raise InvalidValueException(
            detail=f"externalId: at most {_MAX_EXTERNAL_ID} printable characters"
        )
    return str(found)
