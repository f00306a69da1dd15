"""`/admin/personas`: why somebody cannot enter, and what the help desk can do about it.

What is typed comes by POST, and a page's address names a case, never a person.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, request

from idp.admin.caller import ENOUGH, SCRIPTS, Callers
from idp.admin.lookup import PURPOSES, Case, Lookups, Typed
from idp.admin.person_card import Cards
from idp.admin.reasons import LONGEST, reason_problem
from idp.admin.requests import Request, Requests
from idp.admin.roles import Permission
from idp.admin.sessions import Visit
from idp.admin.views.gate import Gate
from idp.admin.views.menu import PEOPLE
from idp.contingency.desk import DeskResend
from idp.contingency.form import ask_again_in, why_not
from idp.contingency.visit import Gate as Door
from idp.kernel.errors import IdpError
from idp.kernel.texts import Text
from idp.people.person import Person
from idp.web.redirects import see_other

_ONE = f"{PEOPLE}/<case_id>"
_NOT_NOW = frozenset({"rate_limited", "mail_busy", "login_too_old"})
_NOBODY = Text(
    "No hay nadie, ni ninguna solicitud, con esos datos. Revíselos con quien llama: quien nunca "
    "ingresó con SUNAT no está registrado."
)
_OVER = Text("Ese ingreso ya no espera ningún correo: que comience de nuevo en el componente.")
_RECOVERED = Text("SUNAT responde: que ingrese con su clave, como siempre.")


def blueprint(
    *, lookups: Lookups, cards: Cards, requests: Requests, callers: Callers, resend: DeskResend,
    gate: Gate,
) -> Blueprint:  # fmt: skip
    """What each role sees of a person's page is in its permissions."""
    routes = Blueprint("console_people", __name__)

    def search_page(
        visit: Visit, typed: Typed, status: int = 200, nobody: Text | None = None
    ) -> Response:
        return gate.page(
            "consola/personas.html",
            visit,
            status=status,
            values=typed.values,
            errors=typed.errors,
            purposes=PURPOSES,
            nobody=nobody,
        )

    @routes.get(PEOPLE)
    @gate.needs(Permission.FIND_PERSON)
    def ask(visit: Visit) -> Response:
        return search_page(visit, _empty())

    @routes.post(PEOPLE)
    @gate.needs(Permission.FIND_PERSON)
    def find(visit: Visit) -> Response:
        typed = lookups.read(request.form)
        if typed.query is None:
            return search_page(visit, typed, 422)
        case = lookups.search(visit, typed.query)
        if case is None:
            return search_page(visit, typed, nobody=_NOBODY)
        return see_other(f"{PEOPLE}/{case.id}")

    def person_page(
        visit: Visit,
        case: Case,
        *,
        status: int = 200,
        problem: Text | None = None,
    ) -> Response:
        person = lookups.person(visit, case)
        told, others = requests.of_person(person.id) if person else ([], [])
        told = _with(told, requests.of_reference(case.reference) if case.reference else None)
        newest = next((one for one in told if one.reference == case.reference), None)
        newest = newest or (told[0] if told else None)
        waits = resend.waits(newest.link_id) if newest and newest.link_id else None
        return gate.page(
            "consola/persona.html",
            visit,
            status=status,
            path=f"{PEOPLE}/{case.id}",
            case=case,
            card=cards.of(person) if person else None,
            requests=told,
            others=others,
            newest=newest,
            waits=waits,
            scripts=SCRIPTS,
            questions=callers.questions(person, case) if person else [],
            enough=ENOUGH,
            problem=problem,
            done=request.args.get("hecho"),
            reveals=visit.may(Permission.REVEAL_PERSON),
            resends=visit.may(Permission.RESEND),
        )

    @routes.get(_ONE)
    @gate.needs(Permission.FIND_PERSON)
    def show(visit: Visit, case_id: str) -> Response:
        return person_page(visit, lookups.case(visit, case_id))

    @routes.post(f"{_ONE}/pregunta")
    @gate.needs(Permission.REVEAL_PERSON)
    def compare(visit: Visit, case_id: str) -> Response:
        case, form = lookups.case(visit, case_id), request.form
        callers.check(visit, case, form.get("pregunta", ""), form.get("dijo", ""))
        return see_other(f"{PEOPLE}/{case.id}?hecho=pregunta#quien-llama")

    @routes.post(f"{_ONE}/reenviar")
    @gate.needs(Permission.RESEND)
    def send_again(visit: Visit, case_id: str) -> Response:
        case = lookups.case(visit, case_id)
        reference = request.form.get("atencion", "")
        told = requests_of(case, lookups.person(visit, case))
        asked = next((one for one in told if one.reference == reference), None)
        if asked is None or asked.link_id is None:
            raise IdpError("not_found", 404)
        try:
            door = resend.resend(asked.link_id, actor=visit.account.actor)
        except IdpError as error:
            if error.code not in _NOT_NOW:
                raise
            why = why_not(error, ask_again_in)
            return person_page(visit, case, status=error.status, problem=why)
        if door is not Door.OPEN:
            why = _RECOVERED if door is Door.RECOVERED else _OVER
            return person_page(visit, case, status=409, problem=why)
        return see_other(f"{PEOPLE}/{case.id}?hecho=reenvio")

    def requests_of(case: Case, person: Person | None) -> list[Request]:
        told = requests.of_person(person.id)[0] if person else []
        return _with(told, requests.of_reference(case.reference) if case.reference else None)

    def reveal_page(visit: Visit, case: Case, errors: Mapping[str, Text]) -> Response:
        return gate.page(
            "consola/mostrar.html",
            visit,
            status=422 if errors else 200,
            path=f"{PEOPLE}/{case.id}",
            errors=errors,
            typed=request.form.get("motivo", "")[:LONGEST],
            longest=LONGEST,
            clear=None,
        )

    @routes.get(f"{_ONE}/mostrar")
    @gate.needs(Permission.REVEAL_PERSON, fresh=True)
    def ask_purpose(visit: Visit, case_id: str) -> Response:
        return reveal_page(visit, lookups.case(visit, case_id), {})

    @routes.post(f"{_ONE}/mostrar")
    @gate.needs(Permission.REVEAL_PERSON, fresh=True)
    def reveal(visit: Visit, case_id: str) -> Response:
        case = lookups.case(visit, case_id)
        person = lookups.person(visit, case)
        if person is None:
            raise IdpError("not_found", 404)
        purpose = request.form.get("motivo", "").strip()
        wrong = reason_problem(purpose, person)
        if wrong is not None:
            return reveal_page(visit, case, {"motivo": wrong})
        return gate.page(
            "consola/mostrar.html",
            visit,
            path=f"{PEOPLE}/{case.id}",
            errors={},
            clear=cards.clear(person, actor=visit.account.actor, purpose=purpose),
        )

    return routes


def _empty() -> Typed:
    return Typed(dict.fromkeys(("atencion", "ruc", "usuario", "persona", "motivo"), ""))


def _with(told: list[Request], asked: Request | None) -> list[Request]:
    """A person's requests, with the one that was asked for although it names nobody."""
    if asked is None or any(one.reference == asked.reference for one in told):
        return told
    return [asked, *told]
