"""What is kept of a person's logins, and on record: the second half of `wiring.held`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from idp.adapters.sql.audit_personal import PersonsAuditPersonal
from idp.adapters.sql.models import (
    ComponentUseRow,
    RefreshFamilyRow,
    RetiredSubRow,
    SpentLinkRow,
)
from idp.adapters.sql.person_audit import SqlPersonAudit, Told
from idp.adapters.sql.privacy import ExternalIds, SqlPersonRows, TableOfPeople
from idp.audit.events import AuditEvent
from idp.clients.registry import ClientRegistry
from idp.clients.subjects import Subjects
from idp.contingency.service import typed_digest
from idp.kernel.texts import Text
from idp.links.service import Links
from idp.login.service import Logins
from idp.oidc.emergencies import Emergencies
from idp.people.coverage import USES_KEPT
from idp.people.person import Person
from idp.privacy import entries
from idp.privacy.held import WITH_PERSON, Entry, Held, lasting
from idp.wiring.base import Base

_CONSENT = (AuditEvent.CONSENT_GIVEN.value, AuditEvent.CONSENT_WITHDRAWN.value)


@dataclass(frozen=True)
class Keepers:
    """Who keeps something of people, beside the tables."""

    logins: Logins
    links: Links
    clients: ClientRegistry
    subjects: Subjects
    emergencies: Emergencies


def of_logins(base: Base, rows: SqlPersonRows, keepers: Keepers) -> tuple[Held, ...]:
    """What is kept of a person's logins, and of the components that they use."""
    settings, name = base.settings, _component_name(keepers.clients)
    families = TableOfPeople(
        base.database, RefreshFamilyRow, "created_at", "client_id", "expires_at", "revoked_at"
    )
    spent = TableOfPeople(base.database, SpentLinkRow, "at")
    key = base.key("identifier")

    def links(person: Person) -> int:
        named = {person.key, *rows.identifiers(person.id)}
        return sum(keepers.links.forget(typed_digest(key, one)) for one in named)

    external = ExternalIds(base.database, base.vault)
    uses = TableOfPeople(base.database, ComponentUseRow, "last_on", "client_id")
    return (
        Held(
            name="sessions",
            happened=("began_at",),
            title=Text("Sesiones abiertas"),
            purpose=Text("Para que no tenga que ingresar otra vez en cada componente."),
            keeps=lasting(settings.session_ttl, Text("Hasta que las cierre; como máximo, {time}.")),
            export=lambda person: _sessions(keepers.logins, person),
            end=lambda person: keepers.emergencies.forget(person.id),
        ),
        Held(
            name="component_uses",
            happened=("last_on",),
            title=Text("Componentes que usó, y el último día"),
            purpose=Text("Para saber cuántas personas podrían ingresar en contingencia."),
            keeps=lasting(USES_KEPT.days * 86_400, Text("{time} desde el último día.")),
            export=lambda person: _named(uses.export(person), name),
            tables=("component_uses",),
        ),
        Held(
            name="external_ids",
            title=Text("Cómo le llaman otros sistemas de la VUCE"),
            purpose=Text("Para que un sistema de la VUCE mantenga sus datos al día."),
            keeps=WITH_PERSON,
            export=lambda person: _named(external.export(person), name),
            tables=("external_ids",),
        ),
        Held(
            name="grants",
            happened=("created_at",),
            title=Text("Permisos que dio a componentes por más tiempo"),
            purpose=Text("Para que un componente renueve su acceso sin pedirle ingresar."),
            keeps=lasting(settings.refresh_retention, Text("{time} después de que vencen.")),
            export=lambda person: _named(families.export(person), name),
            erase=families.erase,
            tables=("refresh_families",),
        ),
        Held(
            name="spent_links",
            happened=("at",),
            title=Text("Enlaces de ingreso que usó"),
            purpose=Text("Para que ningún enlace sirva dos veces."),
            keeps=lasting(settings.spent_link_retention, Text("{time} después de usarlos.")),
            export=spent.export,
            erase=spent.erase,
            end=links,
            tables=("spent_links",),
        ),
    )


def on_record(base: Base, keepers: Keepers) -> tuple[Held, ...]:
    """What stays when a person is erased, with ids that lead to nobody."""
    audit, name = SqlPersonAudit(base.database), _component_name(keepers.clients)
    whence = PersonsAuditPersonal(base.database, base.vault)
    retired = TableOfPeople(base.database, RetiredSubRow, "retired_at", "why", person="kept_by")
    keeps = lasting(
        base.settings.audit_retention, Text("{time}, también si se eliminan sus datos.")
    )

    def happened(person: Person, wanted: Callable[[Told], bool]) -> Iterable[Entry]:
        for one in audit.of(person.id):
            if wanted(one):
                yield entries.happened(
                    at=one.at,
                    event=one.event,
                    component=name(one.client_id or ""),
                    mode=one.mode,
                    reference=one.reference,
                    operator=one.operator,
                    details=one.details,
                )

    return (
        Held(
            name="consent",
            happened=("at",),
            title=Text("Cuándo autorizó las notificaciones o retiró su autorización"),
            purpose=Text("Para poder demostrar qué autorizó usted."),
            keeps=keeps,
            export=lambda person: happened(person, lambda one: one.event in _CONSENT),
            stays=True,
        ),
        Held(
            name="retired_subs",
            happened=("retired_at",),
            title=Text("Identificadores anteriores ante los componentes"),
            purpose=Text("Para que ninguno se dé nunca a otra persona."),
            keeps=Text("Sin plazo, y sin nada que diga de quién fue."),
            export=retired.export,
            stays=True,
            tables=("retired_subs",),
        ),
        Held(
            name="components",
            happened=("first_at", "last_at"),
            title=Text("A qué componentes se informó quién es usted"),
            purpose=Text("Para que usted y los componentes sepan a quién se dieron sus datos."),
            keeps=keeps,
            export=lambda person: _components(keepers, audit, person),
            stays=True,
        ),
        Held(
            name="audit_personal",
            happened=("at",),
            title=Text("Desde dónde ingresó"),
            purpose=Text("Para investigar un ingreso que usted no reconozca."),
            keeps=lasting(
                base.settings.audit_personal_retention,
                Text("{time}, o hasta que se eliminen sus datos."),
            ),
            export=whence.export,
            erase=whence.erase,
            tables=("audit_personal",),
        ),
        Held(
            name="audit",
            happened=("at",),
            title=Text("Registro de seguridad"),
            purpose=Text(
                "Para la seguridad de su cuenta. Solo lleva su identificador interno: ni su "
                "nombre, ni su RUC, ni su correo."
            ),
            keeps=keeps,
            export=lambda person: happened(person, lambda one: True),
            stays=True,
            tables=("audit_log",),
        ),
    )


def _component_name(clients: ClientRegistry) -> Callable[[str], str]:
    def name(client_id: str) -> str:
        found = clients.get(client_id)
        return found.client_name if found else client_id

    return name


def _named(rows: Iterable[Entry], name: Callable[[str], str]) -> list[Entry]:
    """Rows with the component's name instead of its id."""
    return [
        {
            "component": name(str(one["client_id"])),
            **{field: value for field, value in one.items() if field != "client_id"},
        }
        for one in rows
    ]


def _sessions(logins: Logins, person: Person) -> list[Entry]:
    return [
        {
            "began_at": one.session.auth_time,
            "used_at": one.used_at,
            "expires_at": one.session.expires_at,
            "mode": one.session.mode.value,
            "agent": one.session.agent,
        }
        for one in reversed(logins.sessions.of_person(person.id))
    ]


def _components(keepers: Keepers, audit: SqlPersonAudit, person: Person) -> list[Entry]:
    """Each with the `sub` by which it knows the person."""
    found: list[Entry] = []
    for client_id, first, last in audit.components(person.id):
        client = keepers.clients.get(client_id)
        found.append(
            {
                "component": client.client_name if client else client_id,
                "sub": keepers.subjects.sub(client, person.sub) if client else person.sub,
                "first_at": first,
                "last_at": last,
            }
        )
    return found
