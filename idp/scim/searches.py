"""Finding Users: a page at a time, by index or by cursor (RFC 7644 §3.4.2, RFC 9865)."""

from __future__ import annotations

from typing import Any

from scim2_models import InvalidPathException, InvalidValueException, SearchRequest

from idp.clients.client import Client
from idp.people.ports import Listed, Order, Place, Selection
from idp.people.provisioning import Provisioning
from idp.scim import cursors
from idp.scim.filters import selection
from idp.scim.reads import Reads
from idp.scim.representation import Representation
from idp.scim.schema import MAX_PAGE, USUAL_PAGE

_LISTING = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


class Searches:
    """Every search may raise a SCIMException and Unavailable."""

    def __init__(
        self, *, people: Provisioning, representation: Representation, reads: Reads
    ) -> None:
        self._people = people
        self._representation = representation
        self._reads = reads

    def search(self, client: Client, asked: SearchRequest[Any], *, in_url: bool) -> dict[str, Any]:
        """A page of Users, as a ListResponse. in_url: the question stands in a URL."""
        wanted = selection(asked.filter, in_url=in_url)
        limit = min(USUAL_PAGE if asked.count is None else asked.count, MAX_PAGE)
        page, found = (
            self._by_index(client, asked, wanted, limit)
            if asked.cursor is None
            else self._by_cursor(client, asked, wanted, limit)
        )
        shown = [self._representation.shown(one, asked).body for one in page]
        self._reads.record(client, len(shown))
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


def _order(asked: SearchRequest[Any], *, by_change: bool) -> Order:
    """Raises InvalidPathException for an attribute that there is no order by."""
    descending = asked.sort_order == SearchRequest.SortOrder.descending
    if asked.sort_by is None:
        return Order(by_change=by_change)
    name = str(asked.sort_by).lower().removeprefix("urn:ietf:params:scim:schemas:core:2.0:user:")
    if name not in ("id", "meta.lastmodified"):
        raise InvalidPathException(detail="sortBy: id or meta.lastModified")
    return Order(by_change=name != "id", descending=descending)
