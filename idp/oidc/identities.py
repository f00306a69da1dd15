"""Who is who, by an operator's word, with all that ends by it: joining persons, undoing that, and
taking a user away from who had it.

The database first, then sessions and tokens: whoever logs in meanwhile is the right person already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from idp.clients.registry import ClientRegistry
from idp.clients.subjects import Subjects
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.identity import Identifier
from idp.oidc.emergencies import Emergencies, Revoked
from idp.people.joining import Held, Joining, Merged, Unmerged
from idp.people.operations import Order
from idp.people.separating import Separated, Separating

T = TypeVar("T")


@dataclass(frozen=True)
class Done(Generic[T]):
    """what: of the database. ended: sessions and tokens of who is no more, or may be another; None
    in a dry run.
    """

    what: T
    ended: Revoked | None


class Identities:
    """Each method does one thing whole. Raises as `people.joining` and `people.separating` do;
    IdpError("sessions_not_ended", 503) where all is done but for sessions and tokens.
    """

    def __init__(
        self,
        *,
        joining: Joining,
        separating: Separating,
        emergencies: Emergencies,
        clients: ClientRegistry,
        subjects: Subjects,
    ) -> None:
        self._joining = joining
        self._separating = separating
        self._emergencies = emergencies
        self._clients = clients
        self._subjects = subjects

    def merge(
        self, kept: Identifier, absorbed: Identifier, order: Order, *, keep_younger: bool = False
    ) -> Done[Merged]:
        """Join two persons; components are told that the absorbed one's sessions ended."""
        merged = self._joining.merge(kept, absorbed, order, keep_younger=keep_younger)
        return Done(merged, self._ended(merged.absorbed.id, order))

    def unmerge(self, absorbed: Identifier, order: Order) -> Done[Unmerged]:
        """Undo that; the kept one's sessions end, since the other may have begun them."""
        unmerged = self._joining.unmerge(absorbed, order)
        return Done(unmerged, self._ended(unmerged.kept.id, order))

    def separate(self, identifier: Identifier, order: Order) -> Done[Separated]:
        """Take a user away from a person, whose sessions end."""
        separated = self._separating.separate(identifier, order)
        return Done(separated, self._ended(separated.before.id, order))

    def held(self, person_id: str) -> Held:
        """What leads to a person, and what can still be undone."""
        return self._joining.held(person_id)

    def known_as(self, sub: str) -> dict[str, str]:
        """How the components that know people by ids of their own know a `sub`, by client_id."""
        return {
            client.client_id: self._subjects.sub(client, sub)
            for client in self._clients.all()
            if client.subject_type == "pairwise"
        }

    def _ended(self, person_id: str, order: Order) -> Revoked | None:
        if order.dry_run:
            return None
        try:
            return self._emergencies.person(person_id, reason=order.reason, actor=order.actor)
        except Unavailable as error:
            raise IdpError(
                "sessions_not_ended",
                503,
                detail=f"all else is done; once {error.dependency} answers, run: "
                f'idp sessions revoke --person {person_id} --reason "…"',
            ) from error
