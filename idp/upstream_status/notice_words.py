"""What a mail to the admins says of a notice: Spanish, plain, with what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from idp.kernel.identity import EXTRANET, SOL
from idp.kernel.times import lima, lima_date, with_article
from idp.upstream_status.notices import SILENCE, Kind, Notice
from idp.upstream_status.state import Why

_USERS: Mapping[str, str] = {SOL: "Importador / Exportador", EXTRANET: "Funcionario"}
_WHY: Mapping[Why, str] = {
    Why.DEFAULT: "nadie lo fuerza y ninguna evidencia lo contradice",
    Why.FORCED_UP: "un operador forzó el ingreso con SUNAT",
    Why.FORCED_DOWN: "un operador activó la contingencia",
    Why.WINDOW: "mantenimiento anunciado",
    Why.HELD: "el plazo terminó y SUNAT todavía falla",
    Why.JUDGED: "la evidencia (sonda e ingresos)",
}
_STATES: Mapping[str, str] = {
    "auto": "automático",
    "forced_up": "forzado a SUNAT",
    "forced_down": "forzado a contingencia",
    "manual": "manual (la sonda solo aconseja)",
    "assisted": "asistida (la sonda pregunta, y actúa si nadie responde)",
    "automatic": "automática (la sonda actúa)",
    "up": "volver a SUNAT",
    "down": "pasar a contingencia",
}
_MAILS = "Mire en la consola que los correos salgan y cuántas personas esperan."
_NOTHING = "No hace falta nada."
_BACK = "Cuando SUNAT responda, vuelva a automático (idp upstream auto, o la consola)."
_AUTO = (
    "Forzar a SUNAT no la repara: si sigue fallando, nadie entra. Deje la bandera en automático en "
    "cuanto pueda."
)


@dataclass(frozen=True)
class Covered:
    """able: of so many people seen lately, how many could log in by mail."""

    able: int
    people: int


def message(notice: Notice, covered: Covered | None, *, second: bool = False) -> dict[str, object]:
    """subject, lead, facts (label and value) and todo. second: whether a second person's approval
    is usual here, so that its lack is told.
    """
    users = _USERS.get(notice.realm, notice.realm)
    subject, lead, todo = _SAID[notice.kind](notice, users)
    facts = [("Usuarios", f"{users} ({notice.realm})"), *_facts(notice, second)]
    if covered is not None and covered.people and notice.up is False:
        share = 100 * covered.able / covered.people
        told = f"{covered.able} de {covered.people} ({share:.0f} %), según las últimas cifras"
        facts.append(("Pueden ingresar por correo", told))
    return {"subject": subject, "lead": lead, "facts": facts, "todo": list(todo)}


_Said = tuple[str, str, tuple[str, ...]]


def _changed(one: Notice, users: str) -> _Said:
    when = _at(one.at)
    if one.why is Why.HELD:
        return (
            f"{users}: la contingencia sigue, SUNAT todavía falla",
            "Terminó el plazo de la contingencia, pero la última comprobación de SUNAT falló: se "
            f"mantiene desde {when}, para no enviar a nadie a una página que no responde.",
            ("No hace falta nada: termina por sí sola cuando SUNAT responda.", _MAILS),
        )
    if not one.up:
        what = "contingencia" if one.was_up else "la contingencia sigue por otra causa"
        since = "" if one.was_up else " (ya era así antes)"
        return (
            f"{users}: {what} desde {with_article(lima(one.at))}",
            f"Desde {when} se ingresa por correo electrónico{since}.",
            (_MAILS, _BACK) if one.why is Why.FORCED_DOWN else (_MAILS,),
        )
    if one.why is Why.FORCED_UP:
        return (
            f"{users}: forzado a SUNAT desde {with_article(lima(one.at))}",
            f"Desde {when} se ingresa con SUNAT, responda o no: lo fuerza un operador.",
            (_AUTO,),
        )
    if one.was_up:
        return (
            f"{users}: ya nadie fuerza el ingreso con SUNAT",
            f"Desde {when} decide otra vez la evidencia. Se sigue ingresando con SUNAT.",
            (_NOTHING,),
        )
    return (
        f"{users}: SUNAT otra vez desde {with_article(lima(one.at))}",
        f"Desde {when} se ingresa otra vez con SUNAT.",
        (_NOTHING,),
    )


def _said(one: Notice, users: str) -> _Said:
    state = _STATES.get(one.state or "", one.state or "")
    return (
        f"{users}: bandera en {state}",
        f"A {_at(one.at)} un operador puso la bandera en «{state}». El modo de ingreso no cambió "
        "por ello.",
        (_AUTO,) if one.state == "forced_up" else (_NOTHING,),
    )


def _policy(one: Notice, users: str) -> _Said:
    state = _STATES.get(one.state or "", one.state or "")
    return (
        f"{users}: política {state.partition(' (')[0]}",
        f"Un operador cambió quién decide mientras la bandera está en automático: {state}.",
        ("No hace falta nada; el modo de ingreso no cambió por ello.",),
    )


def _window(one: Notice, users: str) -> _Said:
    start, end = _span(one)
    return (
        f"{users}: mantenimiento anunciado",
        f"Se anunció un mantenimiento de SUNAT, de {start} a {end}. Durante ese tiempo se "
        "ingresará por correo electrónico, sin que nadie deba hacer nada.",
        (
            "Avise con tiempo a las personas y a la Mesa de Ayuda: la página de estado ya lo dice.",
            "Si SUNAT lo cambia, cancélelo y anúncielo otra vez.",
        ),
    )


def _cancelled(one: Notice, users: str) -> _Said:
    start, end = _span(one)
    return (
        f"{users}: mantenimiento cancelado",
        f"Se canceló el mantenimiento anunciado de {start} a {end}.",
        (_NOTHING,),
    )


def _ending(one: Notice, users: str) -> _Said:
    end = _at(one.until)
    if one.up:
        return (
            f"{users}: en 15 minutos termina «forzado a SUNAT»",
            f"A {end} termina el plazo; después decide la evidencia.",
            ("No hace falta nada, si la evidencia debe decidir.",),
        )
    return (
        f"{users}: en 15 minutos termina la contingencia",
        f"A {end} termina el plazo de la contingencia. Si SUNAT responde, se vuelve a "
        "ella; si su última comprobación falla, la contingencia se mantiene y se lo avisaremos.",
        ("Si debe durar más, alárguela antes de esa hora, desde la consola.",),
    )


def _forced(one: Notice, users: str) -> _Said:
    state = _STATES[one.state or "auto"]
    end = f"hasta {_at(one.until)}" if one.until else "sin plazo"
    return (
        f"{users}: sigue {state}",
        f"La bandera está en «{state}» desde {_at(one.since)}, {end}. Este aviso llega una vez al "
        "día mientras dure.",
        (_AUTO if one.up else _BACK,),
    )


def _asked(one: Notice, users: str) -> _Said:
    wanted = _STATES.get(one.state or "", one.state or "")
    then = (
        f"Si nadie responde hasta {_at(one.until)}, se hará."
        if one.does
        else f"Si nadie responde hasta {_at(one.until)}, no se hará."
    )
    return (
        f"{users}: se pide una decisión, {wanted.partition(' (')[0]}",
        f"Se pide: {wanted}. {then}",
        ("Mire la evidencia en la consola, y apruebe o rechace allí.",),
    )


def _advice(one: Notice, users: str) -> _Said:
    if one.up:
        return (
            f"{users}: SUNAT responde otra vez",
            f"La sonda encuentra que SUNAT responde desde {_at(one.since)}, y la contingencia "
            "sigue.",
            ("Mire la evidencia en la consola y, si la confirma, vuelva a automático.",),
        )
    return (
        f"{users}: SUNAT falla y nadie pasó a contingencia",
        f"La sonda encuentra que SUNAT falla desde {_at(one.since)}, y se sigue enviando a las "
        "personas a ella.",
        (
            "Intente ingresar usted y mire la evidencia en la consola.",
            "Si lo confirma, active la contingencia: idp upstream down, o la consola.",
        ),
    )


def _worry(one: Notice, users: str) -> _Said:
    return (
        f"{users}: conviene mirar cómo van los ingresos",
        "La sonda encuentra que SUNAT responde, pero los ingresos no van como siempre. Nada cambia "
        "por sí solo: lo que se ve en los ingresos también puede provocarlo un desconocido.",
        (
            "Intente ingresar usted y mire la evidencia en la consola.",
            "Si SUNAT falla, active la contingencia: idp upstream down, o la consola.",
        ),
    )


def _silent(one: Notice, users: str) -> _Said:
    minutes = int(SILENCE.total_seconds() // 60)
    return (
        f"{users}: la sonda no informa",
        f"La última comprobación de SUNAT es de {_at(one.since)}, hace más de {minutes} minutos. "
        "Mientras tanto nadie nota por sí solo si SUNAT falla.",
        (
            "Compruebe que idp prober esté en marcha y que llegue a SUNAT y a la base de datos.",
            "Vigile SUNAT usted hasta entonces.",
        ),
    )


_SAID: Mapping[Kind, Callable[[Notice, str], _Said]] = {
    Kind.CHANGED: _changed,
    Kind.SAID: _said,
    Kind.POLICY: _policy,
    Kind.WINDOW: _window,
    Kind.CANCELLED: _cancelled,
    Kind.ENDING: _ending,
    Kind.FORCED: _forced,
    Kind.ASKED: _asked,
    Kind.ADVICE: _advice,
    Kind.WORRY: _worry,
    Kind.SILENT: _silent,
}


def _facts(one: Notice, second: bool) -> list[tuple[str, str]]:
    found = []
    if one.kind is Kind.CHANGED and one.why is not None:
        found.append(("Causa", _WHY[one.why]))
    if one.reason:
        found.append(("Motivo", one.reason))
    if one.who:
        found.append(("Quién", one.who))
    if one.approved_by:
        found.append(("Aprobó", one.approved_by))
    elif second and one.state == "forced_down" and one.kind in (Kind.CHANGED, Kind.SAID):
        found.append(("Aprobó", "nadie: la contingencia no espera a una segunda persona"))
    if one.until is not None and one.kind in (Kind.CHANGED, Kind.SAID):
        found.append(("Hasta", _at(one.until)))
    return found


def _span(one: Notice) -> tuple[str, str]:
    return _at(one.since), _at(one.until)


def _at(moment: datetime | None) -> str:
    return with_article(lima_date(moment)) if moment else ""
