"""What became of a mail, in words for whoever answers a call: a row for each record and code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from idp.admin.coverage_words import REASONS
from idp.audit.events import AuditEvent
from idp.audit.records import AuditRecord
from idp.contingency.delivery import NotSent
from idp.kernel.texts import Text
from idp.people.coverage import Why

Tone = Literal["", "good", "bad"]


@dataclass(frozen=True)
class Told:
    """words: what happened. tone: whether it is good news, bad, or neither. todo: who does what."""

    words: Text
    tone: Tone = ""
    todo: Text | None = None


_AGAIN = Text("Que pida otro enlace.")
_REGISTER = Text("Que registre otro correo en Modificación de Datos cuando SUNAT responda.")
DEFERRED: dict[str, Text] = {
    "connect": Text("no se pudo conectar con el servidor de correo"),
    "timeout": Text("el servidor de correo tardó demasiado"),
    "tls": Text("la conexión con el servidor de correo no es segura"),
    "budget": Text("ya se usó el cupo de correos de esta hora"),
    "no_relay": Text("ningún servidor de correo está disponible"),
    "unknown": Text("no se sabe si el servidor de correo lo aceptó"),
}
NOT_SENT: dict[str, Told] = {
    NotSent.TOO_LATE: Told(
        Text("No se envió: le tocó cuando al enlace le quedaba muy poco."), "bad", _AGAIN
    ),
    NotSent.LOGIN_OVER: Told(
        Text("No se envió: la persona canceló o terminó ese ingreso."),
        "bad",
        Text("Que comience de nuevo en el componente."),
    ),
    NotSent.ABANDONED: Told(
        Text("No se envió: otra solicitud del mismo ingreso ocupó su lugar."),
        "",
        Text("Que use el enlace de la última."),
    ),
    NotSent.RECOVERED: Told(
        Text("No se envió: SUNAT volvió, y con eso terminan los enlaces."),
        "good",
        Text("Que ingrese con SUNAT."),
    ),
    NotSent.COMPONENT_GONE: Told(
        Text("No se envió: el componente se retiró o se deshabilitó."),
        "bad",
        Text("Avise a quien opera la VUCE."),
    ),
    "unknown": Told(
        Text("Dos veces no se supo si el servidor lo aceptó; ya no se intenta."),
        "bad",
        Text("Que mire el buzón; si no está, que pida otro enlace."),
    ),
}
LINK_REFUSED: dict[str, Text] = {
    "expired": Text("No se aceptó el enlace: venció."),
    "spent": Text("No se aceptó el enlace: ya se usó."),
    "superseded": Text("No se aceptó el enlace: hay otro más nuevo."),
    "withdrawn": Text("No se aceptó el enlace: la persona siguió con SUNAT."),
    "sunat_available": Text("No se aceptó el enlace: SUNAT ya estaba de vuelta."),
    "other_browser": Text("No se aceptó el enlace en otro navegador."),
    "code_wrong": Text("Se escribió un código equivocado."),
    "code_closed": Text("Ya no se aceptan códigos: hubo demasiados equivocados."),
    "known_browser_required": Text(
        "No se aceptó: el componente solo admite navegadores reconocidos."
    ),
    "unmet_authentication_requirements": Text(
        "No se aceptó: el componente solo admite el ingreso con SUNAT."
    ),
}


def _requested(one: AuditRecord) -> Told:
    if one.actor:
        return Told(Text("La Mesa de Ayuda pidió que se enviara otro enlace."))
    again = one.details.get("resend") == "true"
    return Told(Text("Pidió otro enlace.") if again else Text("Pidió un enlace."))


def _not_eligible(one: AuditRecord) -> Told:
    reason = one.details.get("reason", "")
    if reason in set(Why):
        row = REASONS[Why(reason)]
        return Told(Text("No se envió nada: {why}.", why=row.label), "bad", row.remedy)
    return Told(Text("No se envió nada: la solicitud ya no se puede leer."), "bad", _AGAIN)


def _deferred(one: AuditRecord) -> Told:
    code = one.details.get("code", "")
    why = DEFERRED.get(code) or Text("el servidor respondió {code}", code=code)
    return Told(Text("Se aplazó y se vuelve a intentar: {why}.", why=why))


def _refused(one: AuditRecord) -> Told:
    code = one.details.get("code", "")
    return NOT_SENT.get(code) or Told(
        Text("El servidor de correo lo rechazó para siempre ({code}).", code=code),
        "bad",
        _REGISTER,
    )


def _opened(one: AuditRecord) -> Told:
    if one.details.get("where") == "other_browser":
        return Told(Text("Se abrió el enlace en otro navegador, o lo revisó un antivirus."))
    return Told(Text("Se abrió el enlace en el navegador donde lo pidió."), "good")


def _link_refused(one: AuditRecord) -> Told:
    reason = one.details.get("reason", "")
    words = LINK_REFUSED.get(reason) or Text("No se aceptó el enlace ({code}).", code=reason)
    return Told(words, "bad")


_SAID: Mapping[AuditEvent, Callable[[AuditRecord], Told]] = {
    AuditEvent.LINK_REQUESTED: _requested,
    AuditEvent.LINK_NOT_ELIGIBLE: _not_eligible,
    AuditEvent.MAIL_ACCEPTED: lambda one: Told(
        Text("Un servidor de correo lo aceptó: está en camino o en el buzón."), "good"
    ),
    AuditEvent.MAIL_DEFERRED: _deferred,
    AuditEvent.MAIL_REFUSED: _refused,
    AuditEvent.ADDRESS_UNDELIVERABLE: lambda one: Told(
        Text("El mensaje rebotó: el buzón no sirve ({code}).", code=one.details.get("code", "")),
        "bad",
        _REGISTER,
    ),
    AuditEvent.LINK_OPENED: _opened,
    AuditEvent.LINK_CONSUMED: lambda one: Told(Text("Se usó el enlace: ingresó."), "good"),
    AuditEvent.LINK_REFUSED: _link_refused,
    AuditEvent.LINK_WITHDRAWN: lambda one: Told(
        Text("SUNAT respondió tarde, y la persona siguió con ella: el enlace se retiró."), "good"
    ),
    AuditEvent.LINK_REPORTED: lambda one: Told(
        Text("Alguien pulsó «No fui yo»."),
        "bad",
        Text("Trátelo como un posible intento de suplantación."),
    ),
}
# Others of a person's mails: `mail.accepted`'s kinds, and what people call them.
KINDS: dict[str, Text] = {
    "ingreso": Text("Enlace para ingresar"),
    "ingreso-realizado": Text("Aviso de que ingresó con un enlace"),
    "verificar": Text("Código para verificar su correo"),
    "cambio-de-correo": Text("Aviso a su correo anterior de que lo cambió"),
    "correo-reemplazado": Text("Aviso de que un sistema cambió su correo"),
    "usuarios-unidos": Text("Aviso de que dos usuarios se unieron"),
    "confirme-su-correo": Text("Campaña: confirme su correo"),
}


# Every record that says what became of a mail.
TELLING = frozenset(_SAID)


def told(one: AuditRecord) -> Told | None:
    """What a record says of a mail; None for one that says nothing of any."""
    say = _SAID.get(one.event) if isinstance(one.event, AuditEvent) else None
    return say(one) if say else None


def kind_of(name: str) -> Text:
    """What a mail is about."""
    return KINDS.get(name) or Text("Otro mensaje ({name})", name=re.sub(r"[^a-z-]", "", name))
