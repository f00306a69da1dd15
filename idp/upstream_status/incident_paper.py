"""The report on a contingency, in words: for auditors and for whoever was asleep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.kernel.times import LIMA
from idp.people.coverage import Why as NotAble
from idp.upstream_status.incident import Report
from idp.web.plot import Line, Plot
from idp.web.report import Chapter, Figure, Grid, Paper

_STATES = {
    "forced_down": "contingencia por decisión de un operador",
    "forced_up": "SUNAT por decisión de un operador",
    "window": "contingencia por mantenimiento anunciado",
    "held": "contingencia mantenida: terminaba, y SUNAT seguía sin responder",
    "judged": "por lo que verificó la sonda",
    "default": "SUNAT",
}
_SAID = {"forced_down": "Contingencia", "forced_up": "SUNAT, forzado", "auto": "Automático"}
_VIAS = {"cli": "comando", "console": "consola", "api": "sistema", "local": "archivo local"}
_WHY_NOT = {
    NotAble.NEW.value: "Nunca había ingresado con SUNAT",
    NotAble.INACTIVE.value: "El sistema de la VUCE no lo cuenta entre sus usuarios",
    NotAble.NO_ADDRESS.value: "No había registrado un correo",
    NotAble.UNVERIFIED.value: "No había verificado su correo",
    NotAble.NO_CONSENT.value: "No había autorizado las notificaciones",
    NotAble.UNDELIVERABLE.value: "Su buzón rechazaba los mensajes",
    "link_unused": "Recibió el enlace y no terminó de ingresar",
    "mail_refused": "El servidor de correo rechazó el mensaje",
    "unreadable": "La solicitud no se pudo leer",
}
_ODD = {
    "link.reported": "Alguien avisó: no fui yo",
    "link.refused": "Un enlace o un código no se aceptó",
    "limit.hit": "Un límite rechazó una solicitud",
    "captcha.failed": "No se pasó «No soy un robot»",
    "csrf.failed": "Un formulario no venía de estas páginas",
    "code.replayed": "Un código de autorización se usó dos veces",
    "refresh.replayed": "Un permiso de renovación se usó dos veces",
    "admin.login_failed": "Alguien no pudo ingresar a la consola",
}


def paper_of(report: Report, *, label: str, names: Mapping[str, str]) -> Paper:
    """The report's paper, in Spanish. label: of the upstream. names: of components by client_id."""
    content = report.content
    figures: Mapping[str, Any] = content["figures"]
    over = content["ended"] is not None
    lead = [
        f"Ingreso de {label}. Comenzó a las {_moment(content['began'])}"
        + (f" y terminó a las {_moment(content['ended'])}." if over else " y sigue."),
        f"Duró {_lasted(report.began, report.ended)}.",
        _opening(figures),
    ]
    if not over:
        lead.append("Es provisional: la contingencia no ha terminado.")
    chapters = (
        _who(content),
        _people(figures),
        _mail(figures),
        _by_component(figures, names),
        _odd(figures),
    )
    return Paper(
        title=f"Informe de contingencia {report.id}",
        lead=tuple(lead),
        chapters=chapters,
        note=_note(report),
    )


def _opening(figures: Mapping[str, Any]) -> str:
    served, left = figures["people_served"], figures["people_not_served"]
    return (
        f"Ingresaron por correo {_people_words(served)}; {_people_words(left)} lo intentaron y no "
        f"ingresaron."
    )


def _who(content: Mapping[str, Any]) -> Chapter:
    steps = tuple(
        (
            _moment(one["at"]),
            "SUNAT" if one["up"] else "Contingencia",
            _STATES.get(one["why"], one["why"]),
            _actor(one["who"]),
            one["reason"] or "–",
        )
        for one in content["steps"]
    )
    said = tuple(
        (
            _moment(one["at"]),
            _SAID.get(one["state"], one["state"]),
            _actor(one["who"]),
            one["approved_by"] or "–",
            _VIAS.get(one["via"], one["via"]),
            one["reason"],
        )
        for one in content["said"]
    )
    grids = [
        Grid(
            "Qué estuvo en vigor",
            ("Hora de Lima", "Ingreso", "Por qué", "Quién", "Motivo"),
            steps,
        )
    ]
    if said:
        head = ("Hora de Lima", "Se dijo", "Quién", "Lo aprobó", "Cómo", "Motivo")
        grids.append(Grid("Qué dijeron los operadores", head, said))
    first = content["steps"][0]["evidence"]
    if first:
        rows = tuple((name, _shown(value)) for name, value in sorted(first.items()))
        grids.append(Grid("Qué sabía la sonda al comenzar", ("Dato", "Valor"), rows))
    return Chapter("Quién, cuándo y por qué", grids=tuple(grids))


def _people(figures: Mapping[str, Any]) -> Chapter:
    course = figures["course"]
    labels = tuple(_hour(one["at"]) for one in course)
    reasons = tuple(
        (_WHY_NOT.get(why, why), _number(count))
        for why, count in figures["not_served_because"].items()
    )
    grids = (Grid("Por qué no ingresaron", ("Motivo", "Personas"), reasons),) if reasons else ()
    nobody = figures["requests_of_nobody"]
    sentences = (
        (f"Otras {_number(nobody)} solicitudes nombraron a quien la VUCE no conoce.",)
        if nobody
        else ()
    )
    return Chapter(
        "Las personas",
        sentences=sentences,
        figures=(
            Figure("Personas que ingresaron", _number(figures["people_served"])),
            Figure("Personas que no ingresaron", _number(figures["people_not_served"])),
            Figure("Solicitudes de enlace", _number(figures["requests"])),
            Figure("De ellas, otra vez", _number(figures["resends"])),
            Figure("Ingresos", _number(figures["logins"])),
        ),
        plot=Plot(
            title="Solicitudes, mensajes e ingresos",
            description=(
                f"Desde el comienzo, {_number(figures['requests'])} solicitudes, "
                f"{_number(figures['links_sent'])} mensajes entregados a un servidor de correo e "
                f"{_number(figures['logins'])} ingresos."
            ),
            labels=labels,
            lines=tuple(
                Line(name, tuple(float(one[key]) for one in course))
                for name, key in (
                    ("Solicitudes", "requests"),
                    ("Mensajes entregados", "sent"),
                    ("Ingresos", "logins"),
                )
            ),
        ),
        grids=grids,
    )


def _mail(figures: Mapping[str, Any]) -> Chapter:
    waits = figures["mail_seconds"]
    names = {"p50": "La mitad, en menos de", "p90": "Nueve de cada diez", "p99": "99 de cada 100"}
    found = [
        Figure("Mensajes que aceptó un servidor de correo", _number(figures["links_sent"])),
        Figure("Enlaces usados", _number(figures["links_used"])),
        *(Figure(label, _seconds(waits[key])) for key, label in names.items() if key in waits),
    ]
    if "max" in waits:
        found.append(Figure("El que más tardó", _seconds(waits["max"])))
    grids = tuple(
        Grid(caption, ("Respuesta del servidor", "Veces"), _counts(figures[key]))
        for key, caption in (("mail_deferred", "Aplazados"), ("mail_refused", "Rechazados"))
        if figures[key]
    )
    return Chapter(
        "El correo",
        sentences=(
            "El tiempo va de la solicitud a la entrega al primer servidor de correo; lo que tarda "
            "después no se puede medir desde aquí.",
        ),
        figures=tuple(found),
        grids=grids,
    )


def _by_component(figures: Mapping[str, Any], names: Mapping[str, str]) -> Chapter:
    rows = tuple(
        (
            names.get(client, client) if client else "Modificación de Datos",
            _number(one["requests"]),
            _number(one["logins"]),
        )
        for client, one in figures["components"].items()
    )
    if not rows:
        return Chapter("Los componentes", sentences=("Nadie pidió ingresar a ninguno.",))
    grid = Grid("Solicitudes e ingresos", ("Componente", "Solicitudes", "Ingresos"), rows)
    return Chapter("Los componentes", grids=(grid,))


def _odd(figures: Mapping[str, Any]) -> Chapter:
    rows = tuple(
        (_ODD.get(one["event"], one["event"]), one["kind"] or "–", _number(one["count"]))
        for one in figures["anomalies"]
    )
    if not rows:
        return Chapter("Lo que llamó la atención", sentences=("Nada.",))
    grid = Grid("De lo más frecuente a lo menos", ("Qué", "Detalle", "Veces"), rows)
    return Chapter(
        "Lo que llamó la atención",
        sentences=(
            "Un código mal escrito o un enlace vencido son comunes; lo son menos muchos en poco "
            "tiempo, y cada aviso de «no fui yo» merece una llamada.",
        ),
        grids=(grid,),
    )


def _note(report: Report) -> tuple[str, ...]:
    made = f"Hecho a las {_moment(report.made_at.isoformat())} por {report.content['issuer']}."
    if not report.signature:
        return (made, "Este informe no está firmado.")
    return (
        made,
        "Está firmado con la llave de auditoría. El archivo .jws que lo acompaña contiene todo lo "
        "que se dice aquí; se comprueba con: idp upstream report --verify ARCHIVO.",
    )


def _actor(who: str | None) -> str:
    return who or "la hora"


def _counts(found: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    return tuple((name or "–", _number(count)) for name, count in found.items())


def _people_words(count: int) -> str:
    return "1 persona" if count == 1 else f"{_number(count)} personas"


def _number(count: int) -> str:
    return f"{count:,}".replace(",", "\u00a0")


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, (list, dict)):
        return f"{len(value)} datos, en el archivo JSON"
    return str(value)


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(LIMA).strftime("%H:%M:%S h del %d/%m/%Y")


def _hour(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(LIMA).strftime("%d/%m %H:%M")


def _lasted(began: datetime, ended: datetime) -> str:
    minutes = max(1, round((ended - began).total_seconds() / 60))
    hours, rest = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "día", "días"), (hours, "hora", "horas"), (rest, "minuto", "minutos")]
    return " y ".join(f"{n} {one if n == 1 else many}" for n, one, many in parts if n)
