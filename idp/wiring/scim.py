"""The surface of SCIM. Only servers need it, and it takes half a second to import."""

from __future__ import annotations

from dataclasses import dataclass

from idp.adapters.sql.directory import SqlDirectory
from idp.adapters.sql.people import SqlPersonStore
from idp.adapters.sql.privacy import SqlErased, SqlHolds
from idp.deliveries.person_notices import EVENTS, subscription
from idp.kernel.ids import derive_key
from idp.people.provisioning import Provisioning
from idp.people.rows import RowReader
from idp.scim.bulk import Bulk
from idp.scim.discovery import Discovery
from idp.scim.mails import ReplacedNotices
from idp.scim.reads import Reads
from idp.scim.representation import Representation
from idp.scim.searches import Searches
from idp.scim.service import Users
from idp.web.i18n import catalogues, say
from idp.wiring.base import Services
from idp.wiring.contingency import TEMPLATES


@dataclass(frozen=True)
class Scim:
    """What the endpoints use."""

    users: Users
    searches: Searches
    bulk: Bulk
    discovery: Discovery


def scim(services: Services, prefix: str) -> Scim:
    """All that stands behind `prefix`, the path of SCIM."""
    base = f"{services.settings.issuer}{prefix}"
    people = _provisioning(services)
    representation = Representation(
        clock=services.clock,
        base=base,
        version_key=derive_key(services.settings.secret_key, "scim-version"),
    )
    reads = Reads(audit=services.audit, stream=services.audit_stream)
    users = _users(services, people, representation, reads)
    searches = Searches(people=people, representation=representation, reads=reads)

    def event_uris() -> list[str]:
        told = any(subscription(one) for one in services.clients.all())
        return sorted(EVENTS.values()) if told else []

    return Scim(
        users=users,
        searches=searches,
        bulk=Bulk(users=users, base=base),
        discovery=Discovery(base=base, event_uris=event_uris),
    )


def _provisioning(services: Services) -> Provisioning:
    return Provisioning(
        store=SqlPersonStore(services.database, services.vault),
        directory=SqlDirectory(services.database, services.vault),
        erased=SqlErased(services.database, services.vault),
        holds=SqlHolds(services.database),
        uow=services.database,
        audit=services.audit,
        clock=services.clock,
        random=services.random,
        events=services.events,
        tell_old=ReplacedNotices(queue=services.queue, seals=services.vault, clock=services.clock),
    )


def _users(
    services: Services, people: Provisioning, representation: Representation, reads: Reads
) -> Users:
    settings = services.settings
    # For programs, as the errors of OAuth: in English.
    english = catalogues(TEMPLATES.parent / "locales")["en"]
    return Users(
        people=people,
        reader=RowReader(
            sol_user_pattern=settings.sol_user_pattern,
            extranet_user_pattern=settings.extranet_user_pattern,
        ),
        representation=representation,
        reads=reads,
        clock=services.clock,
        say=lambda text: say(english.gettext, text),
    )
