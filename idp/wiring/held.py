"""What is kept of a person: a row for each thing, with who keeps it.

Whoever adds a table of people's data adds a row here, and one to `personal.rules` if it gets old.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from idp.adapters.sql.identities import SqlMergeStore
from idp.adapters.sql.models import (
    CampaignMailRow,
    ComponentUseRow,
    KnownBrowserRow,
    LegalHoldRow,
    NudgeRow,
    RefreshFamilyRow,
    RetiredSubRow,
    SpentLinkRow,
    VerificationRow,
)
from idp.adapters.sql.person_audit import SqlPersonAudit, Told
from idp.adapters.sql.privacy import ExternalIds, SqlPersonRows, TableOfPeople
from idp.audit.events import AuditEvent
from idp.clients.registry import ClientRegistry
from idp.clients.subjects import Subjects
from idp.contingency.service import typed_digest
from idp.kernel.texts import Text
from idp.kernel.times import duration
from idp.links.service import Links
from idp.login.service import Logins
from idp.oidc.emergencies import Emergencies
from idp.people.coverage import USES_KEPT
from idp.people.person import Person
from idp.privacy import entries
from idp.privacy.held import Entry, Held
from idp.wiring.base import Base

_WITH_PERSON = Text("Mientras se conserve su registro.")
_EXPIRES = Text("Hasta que vence.")
_CONSENT = (AuditEvent.CONSENT_GIVEN.value, AuditEvent.CONSENT_WITHDRAWN.value)


@dataclass(frozen=True)
class Keepers:
    """Who keeps something of people, beside the tables."""

    logins: Logins
    links: Links
    clients: ClientRegistry
    subjects: Subjects
    emergencies: Emergencies


def held(base: Base, rows: SqlPersonRows, keepers: Keepers) -> tuple[Held, ...]:
    """The list. The person's own row stands first, and is removed last."""
    return (*_in_people(base, rows), *_of_logins(base, rows, keepers), *_on_record(base, keepers))


def _in_people(base: Base, rows: SqlPersonRows) -> tuple[Held, ...]:
    database, settings = base.database, base.settings
    merges = SqlMergeStore(database, base.vault)
    return (
        Held(
            name="person",
            title=Text("Sus datos de registro"),
            purpose=Text("Para que los componentes de la VUCE sepan quién ingresa."),
            keeps=_after(settings.person_retention, Text("{time} después de su último ingreso.")),
            export=entries.record,
            erase=rows.erase,
            tables=("people",),
        ),
        Held(
            name="identifiers",
            title=Text("Los usuarios con los que ingresa"),
            purpose=Text("Para reconocerle cuando ingresa."),
            keeps=_WITH_PERSON,
            export=lambda person: [
                {"realm": one.realm, "identifier": one.value} for one in rows.identifiers(person.id)
            ],
            tables=("identifiers",),
        ),
        Held(
            name="addresses",
            title=Text("Sus correos"),
            purpose=Text(
                "Para enviarle las notificaciones de la VUCE y, en contingencia, el enlace para "
                "ingresar."
            ),
            keeps=_after(
                settings.replaced_retention,
                Text("Mientras esté en uso; uno reemplazado, {time} más."),
            ),
            export=lambda person: entries.addresses(person, base.clock.now()),
            tables=("addresses",),
        ),
        Held(
            name="verifications",
            title=Text("Verificación de correo pendiente"),
            purpose=Text("Para comprobar que el correo es suyo."),
            keeps=_EXPIRES,
            export=TableOfPeople(
                database, VerificationRow, "created_at", "expires_at", "tries"
            ).export,
            tables=("address_verifications",),
        ),
        Held(
            name="known_browsers",
            title=Text("Navegadores reconocidos"),
            purpose=Text("Para que ingresar en contingencia sea más sencillo y seguro."),
            keeps=_after(
                settings.known_browser_ttl,
                Text("{time} desde su último ingreso con SUNAT en ese navegador."),
            ),
            export=TableOfPeople(
                database, KnownBrowserRow, "created_at", "agent", "counts_from", "expires_at"
            ).export,
            tables=("known_browsers",),
        ),
        Held(
            name="merges",
            title=Text("Registros que se unieron como una sola persona"),
            purpose=Text("Para poder deshacer la unión si fue un error."),
            keeps=_after(settings.merge_undo, Text("{time} desde la unión.")),
            export=lambda person: entries.joined(merges.of(person.id)),
            tables=("merges",),
        ),
        Held(
            name="nudges",
            title=Text("Avisos que se le mostraron al ingresar"),
            purpose=Text("Para no repetirlos cada vez."),
            keeps=_WITH_PERSON,
            export=TableOfPeople(
                database, NudgeRow, "told_at", "kind", "answered_at", "answer"
            ).export,
            tables=("nudges",),
        ),
        Held(
            name="campaign_mails",
            title=Text("Correos para pedirle que verifique o autorice"),
            purpose=Text("Para no escribirle dos veces lo mismo."),
            keeps=_after(settings.campaign_rest, Text("{time}, y al menos un año.")),
            export=TableOfPeople(database, CampaignMailRow, "at", "state").export,
            tables=("campaign_mails",),
        ),
        Held(
            name="holds",
            title=Text("Impedimentos para eliminar sus datos"),
            purpose=Text("Para cumplir una obligación que exige conservarlos."),
            keeps=Text("Mientras dure la obligación."),
            export=TableOfPeople(database, LegalHoldRow, "since").export,
            tables=("legal_holds",),
        ),
    )


def _of_logins(base: Base, rows: SqlPersonRows, keepers: Keepers) -> tuple[Held, ...]:
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
            title=Text("Sesiones abiertas"),
            purpose=Text("Para que no tenga que ingresar otra vez en cada componente."),
            keeps=_after(settings.session_ttl, Text("Hasta que las cierre; como máximo, {time}.")),
            export=lambda person: _sessions(keepers.logins, person),
            end=lambda person: keepers.emergencies.forget(person.id),
        ),
        Held(
            name="component_uses",
            title=Text("Componentes que usó, y el último día"),
            purpose=Text("Para saber cuántas personas podrían ingresar en contingencia."),
            keeps=_after(USES_KEPT.days * 86_400, Text("{time} desde el último día.")),
            export=lambda person: _named(uses.export(person), name),
            tables=("component_uses",),
        ),
        Held(
            name="external_ids",
            title=Text("Cómo le llaman otros sistemas de la VUCE"),
            purpose=Text("Para que un sistema de la VUCE mantenga sus datos al día."),
            keeps=_WITH_PERSON,
            export=lambda person: _named(external.export(person), name),
            tables=("external_ids",),
        ),
        Held(
            name="grants",
            title=Text("Permisos que dio a componentes por más tiempo"),
            purpose=Text("Para que un componente renueve su acceso sin pedirle ingresar."),
            keeps=_after(settings.refresh_retention, Text("{time} después de que vencen.")),
            export=lambda person: _named(families.export(person), name),
            erase=families.erase,
            tables=("refresh_families",),
        ),
        Held(
            name="spent_links",
            title=Text("Enlaces de ingreso que usó"),
            purpose=Text("Para que ningún enlace sirva dos veces."),
            keeps=_after(settings.spent_link_retention, Text("{time} después de usarlos.")),
            export=spent.export,
            erase=spent.erase,
            end=links,
            tables=("spent_links",),
        ),
    )


def _on_record(base: Base, keepers: Keepers) -> tuple[Held, ...]:
    audit, name = SqlPersonAudit(base.database), _component_name(keepers.clients)
    retired = TableOfPeople(base.database, RetiredSubRow, "retired_at", "why", person="kept_by")
    keeps = _after(base.settings.audit_retention, Text("{time}, también si se eliminan sus datos."))

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
            title=Text("Cuándo autorizó las notificaciones o retiró su autorización"),
            purpose=Text("Para poder demostrar qué autorizó usted."),
            keeps=keeps,
            export=lambda person: happened(person, lambda one: one.event in _CONSENT),
            stays=True,
        ),
        Held(
            name="retired_subs",
            title=Text("Identificadores anteriores ante los componentes"),
            purpose=Text("Para que ninguno se dé nunca a otra persona."),
            keeps=Text("Sin plazo, y sin nada que diga de quién fue."),
            export=retired.export,
            stays=True,
            tables=("retired_subs",),
        ),
        Held(
            name="components",
            title=Text("A qué componentes se informó quién es usted"),
            purpose=Text("Para que usted y los componentes sepan a quién se dieron sus datos."),
            keeps=keeps,
            export=lambda person: _components(keepers, audit, person),
            stays=True,
        ),
        Held(
            name="audit",
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


def _after(seconds: int, words: Text) -> Text:
    """The words with a length of time; where it is 0, nothing ends it."""
    return Text(words.msgid, time=duration(seconds)) if seconds else Text("Sin plazo.")
