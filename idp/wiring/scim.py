"""The surface of SCIM. Only servers need it, and it takes half a second to import."""

from __future__ import annotations

from dataclasses import dataclass

from idp.adapters.sql.directory import SqlDirectory
from idp.adapters.sql.people import SqlPersonStore
from idp.adapters.sql.privacy import SqlErased
from idp.deliveries.person_notices import EVENTS, subscription
from idp.kernel.ids import derive_key
from idp.people.provisioning import Provisioning
from idp.people.rows import RowReader
from idp.scim.bulk import Bulk
from idp.scim.discovery import Discovery
from idp.scim.mails import ReplacedNotices
from idp.scim.service import Users
from idp.web.i18n import catalogues, say
from idp.wiring.base import Services
from idp.wiring.contingency import TEMPLATES


@dataclass(frozen=True)
class Scim:
    """What the endpoints use."""

    users: Users
    bulk: Bulk
    discovery: Discovery


def scim(services: Services, prefix: str) -> Scim:
    """All that stands behind `prefix`, the path of SCIM."""
    base = f"{services.settings.issuer}{prefix}"
    users = _users(services, base)

    def event_uris() -> list[str]:
        told = any(subscription(one) for one in services.clients.all())
        return sorted(EVENTS.values()) if told else []

    return Scim(users, Bulk(users=users, base=base), Discovery(base=base, event_uris=event_uris))


def _users(services: Services, base: str) -> Users:
    settings = services.settings
    # For programs, as the errors of OAuth: in English.
    english = catalogues(TEMPLATES.parent / "locales")["en"]
    return Users(
        people=Provisioning(
            store=SqlPersonStore(services.database, services.vault),
            directory=SqlDirectory(services.database, services.vault),
            erased=SqlErased(services.database, services.vault),
            uow=services.database,
            audit=services.audit,
            clock=services.clock,
            random=services.random,
            events=services.events,
            tell_old=ReplacedNotices(queue=services.queue, seals=services.vault),
        ),
        reader=RowReader(
            sol_user_pattern=settings.sol_user_pattern,
            extranet_user_pattern=settings.extranet_user_pattern,
        ),
        audit=services.audit,
        stream=services.audit_stream,
        clock=services.clock,
        base=base,
        say=lambda text: say(english.gettext, text),
        version_key=derive_key(settings.secret_key, "scim-version"),
    )
