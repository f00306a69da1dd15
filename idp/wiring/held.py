"""What is kept of a person: a row for each thing, with who keeps it.

Whoever adds a table of people's data adds a row here, and one to `personal.rules` if it gets old.
"""

from __future__ import annotations

from idp.adapters.sql.identities import SqlMergeStore
from idp.adapters.sql.models import (
    CampaignMailRow,
    DrillTesterRow,
    KnownBrowserRow,
    LegalHoldRow,
    NudgeRow,
    VerificationRow,
)
from idp.adapters.sql.privacy import SqlPersonRows, TableOfPeople
from idp.kernel.texts import Text
from idp.privacy import entries
from idp.privacy.held import WITH_PERSON, Held, lasting
from idp.wiring.base import Base
from idp.wiring.held_logins import Keepers, of_logins, on_record

_EXPIRES = Text("Hasta que vence.")


def held(base: Base, rows: SqlPersonRows, keepers: Keepers) -> tuple[Held, ...]:
    """The list. The person's own row stands first, and is removed last."""
    return (*_in_people(base, rows), *of_logins(base, rows, keepers), *on_record(base, keepers))


def _in_people(base: Base, rows: SqlPersonRows) -> tuple[Held, ...]:
    database, settings = base.database, base.settings
    merges = SqlMergeStore(database, base.vault)
    return (
        Held(
            name="person",
            title=Text("Sus datos de registro"),
            purpose=Text("Para que los componentes de la VUCE sepan quién ingresa."),
            keeps=lasting(settings.person_retention, Text("{time} después de su último ingreso.")),
            export=entries.record,
            erase=rows.erase,
            tables=("people",),
        ),
        Held(
            name="identifiers",
            title=Text("Los usuarios con los que ingresa"),
            purpose=Text("Para reconocerle cuando ingresa."),
            keeps=WITH_PERSON,
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
            keeps=lasting(
                settings.replaced_retention,
                Text("Mientras esté en uso; uno reemplazado, {time} más."),
            ),
            export=lambda person: entries.addresses(person, base.clock.now()),
            tables=("addresses",),
        ),
        Held(
            name="verifications",
            happened=("created_at",),
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
            happened=("created_at",),
            title=Text("Navegadores reconocidos"),
            purpose=Text("Para que ingresar en contingencia sea más sencillo y seguro."),
            keeps=lasting(
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
            happened=("at",),
            title=Text("Registros que se unieron como una sola persona"),
            purpose=Text("Para poder deshacer la unión si fue un error."),
            keeps=lasting(settings.merge_undo, Text("{time} desde la unión.")),
            export=lambda person: entries.joined(merges.of(person.id)),
            tables=("merges",),
        ),
        Held(
            name="nudges",
            happened=("told_at", "answered_at"),
            title=Text("Avisos que se le mostraron al ingresar"),
            purpose=Text("Para no repetirlos cada vez."),
            keeps=WITH_PERSON,
            export=TableOfPeople(
                database, NudgeRow, "told_at", "kind", "answered_at", "answer"
            ).export,
            tables=("nudges",),
        ),
        Held(
            name="campaign_mails",
            happened=("at",),
            title=Text("Correos para pedirle que verifique o autorice"),
            purpose=Text("Para no escribirle dos veces lo mismo."),
            keeps=lasting(settings.campaign_rest, Text("{time}, y al menos un año.")),
            export=TableOfPeople(database, CampaignMailRow, "at", "state").export,
            tables=("campaign_mails",),
        ),
        Held(
            name="drill_testers",
            happened=("invited_at",),
            title=Text("Simulacros para los que se le invitó"),
            purpose=Text("Para probar con usted el ingreso por correo."),
            keeps=lasting(settings.audit_retention, Text("{time} desde el simulacro.")),
            export=TableOfPeople(database, DrillTesterRow, "invited_at", "drill_id").export,
            tables=("drill_testers",),
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


__all__ = ["Keepers", "held"]
