"""`/admin/cambiar/<realm>`: changing what is in force, in two steps; and the policy."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, request

from idp.admin.now import Now
from idp.admin.roles import Permission
from idp.admin.sessions import Visit
from idp.admin.switch_evidence import shown
from idp.admin.switch_form import (
    LENGTHS,
    LONGEST_FORCED,
    OTHER,
    Typed,
    Wish,
    end_of,
    read,
    seen_text,
    still,
)
from idp.admin.switch_preview import Previews
from idp.admin.switch_reason import LONGEST, reason_problem
from idp.admin.switch_words import POLICIES, POLICY_HINTS, STATE_HINTS, STATES
from idp.admin.views.coverage import number, percent
from idp.admin.views.gate import Gate
from idp.admin.views.menu import HOME, REQUESTS
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.texts import Text, waited
from idp.kernel.times import duration
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import FlagState, Policy
from idp.upstream_status.switchboard import Outcome, Switchboard
from idp.web.redirects import see_other

FLIP = f"{HOME}/cambiar"
POLICY = f"{HOME}/politica"
_PAST = Text("La hora de término ya pasó. Elija otra duración.")
_POLICY = Text("Elija la política.")


def blueprint(
    *,
    status: UpstreamStatus,
    switchboard: Switchboard,
    now: Now,
    previews: Previews,
    clock: Clock,
    gate: Gate,
) -> Blueprint:
    """The pages of whoever may flip."""
    routes = Blueprint("console_switch", __name__)

    def known(realm: str) -> str:
        if realm not in status.realms:
            raise IdpError("not_found", 404)
        return realm

    def ask(visit: Visit, realm: str, typed: Typed, code: int = 200) -> Response:
        return gate.page(
            "consola/cambiar.html",
            visit,
            status=code,
            upstream=now.of(realm),
            typed=typed.values,
            errors=typed.errors,
            states=STATES,
            hints=STATE_HINTS,
            waits=[one for one in FlagState if switchboard.needs_second(one)],
            second=switchboard.second,
            lengths=[(minutes, duration(minutes * 60)) for minutes in LENGTHS],
            other=OTHER,
            most=LONGEST,
        )

    def review(visit: Visit, realm: str, wish: Wish) -> Response:
        at = clock.now()
        # To the minute, as the page says it; never shorter than what was asked for.
        until = at + wish.lasting if wish.lasting else None
        return gate.page(
            "consola/cambiar_confirmar.html",
            visit,
            upstream=now.of(realm),
            wish=wish,
            state_name=STATES[wish.state],
            hint=STATE_HINTS[wish.state],
            until=until,
            seen=seen_text(status.flag(realm)),
            waits=switchboard.waits(realm, wish.state, until),
            second=switchboard.second,
            preview=previews.of(realm),
            at=at,
            number=number,
            percent=percent,
            waited=waited,
            evidence=shown(status.evidence(realm)),
        )

    @routes.get(f"{FLIP}/<realm>")
    @gate.needs(Permission.FLIP, fresh=True)
    def form(visit: Visit, realm: str) -> Response:
        return ask(visit, known(realm), read({}).untouched)

    @routes.post(f"{FLIP}/<realm>")
    @gate.needs(Permission.FLIP, fresh=True)
    def flip(visit: Visit, realm: str) -> Response:
        known(realm)
        status.refresh()
        typed = read(request.form)
        if typed.wish is None:
            return ask(visit, realm, typed, 422)
        if request.form.get("paso") != "confirmar":
            return review(visit, realm, typed.wish)
        return confirmed(visit, realm, typed)

    def confirmed(visit: Visit, realm: str, typed: Typed) -> Response:
        wish, same = typed.wish, still(request.form.get("visto", ""))
        readable, until = end_of(request.form.get("hasta", ""))
        if wish is None or same is None or not readable:
            raise IdpError("invalid_request", 400, detail="not a form of ours")
        if wish.state is FlagState.AUTO:
            until = None
        if until is not None and until - clock.now() > LONGEST_FORCED:
            raise IdpError("invalid_request", 400, detail="not a form of ours")
        if until is not None and until <= clock.now():
            return ask(visit, realm, Typed(typed.values, {"plazo": _PAST}), 422)
        try:
            outcome = switchboard.flip(
                realm,
                wish.state,
                reason=wish.reason,
                who=visit.account.actor,
                via="console",
                until=until,
                still=same,
            )
        except IdpError as error:
            if error.code != "state_changed":
                raise
            status.refresh()
            return moved(visit, realm, wish, until)
        return gone_on(outcome, realm)

    def moved(visit: Visit, realm: str, wish: Wish, until: datetime | None) -> Response:
        flag = status.flag(realm)
        same = flag is not None and (flag.state, flag.reason, flag.who, flag.until) == (
            wish.state,
            wish.reason,
            visit.account.actor,
            until,
        )
        if same:  # the same form, sent twice
            return see_other(f"{HOME}?hecho={realm}")
        return gate.page(
            "consola/cambiar_otro.html",
            visit,
            status=409,
            upstream=now.of(realm),
            flag_state=STATES[flag.state] if flag else STATES[FlagState.AUTO],
            wish=wish,
            state_name=STATES[wish.state],
        )

    @routes.get(f"{POLICY}/<realm>")
    @gate.needs(Permission.FLIP, fresh=True)
    def policy_form(visit: Visit, realm: str) -> Response:
        return ask_policy(visit, known(realm), {"politica": "", "motivo": ""}, {})

    @routes.post(f"{POLICY}/<realm>")
    @gate.needs(Permission.FLIP, fresh=True)
    def choose(visit: Visit, realm: str) -> Response:
        known(realm)
        values = {name: request.form.get(name, "").strip() for name in ("politica", "motivo")}
        policy = next((one for one in Policy if one.value == values["politica"]), None)
        problem = reason_problem(values["motivo"])
        errors = {} if policy else {"politica": _POLICY}
        if problem is not None:
            errors["motivo"] = problem
        if errors or policy is None:
            return ask_policy(visit, realm, values, errors, 422)
        outcome = switchboard.choose(
            realm, policy, reason=values["motivo"], who=visit.account.actor
        )
        return gone_on(outcome, realm)

    def ask_policy(
        visit: Visit, realm: str, values: dict[str, str], errors: dict[str, Text], code: int = 200
    ) -> Response:
        return gate.page(
            "consola/politica.html",
            visit,
            status=code,
            upstream=now.of(realm),
            typed=values,
            errors=errors,
            policies=POLICIES,
            hints=POLICY_HINTS,
            waits=[one for one in Policy if switchboard.needs_second(one)],
            most=LONGEST,
        )

    return routes


def gone_on(outcome: Outcome, realm: str) -> Response:
    """Where a change leads: to what is in force now, or to what waits."""
    if outcome.asked is not None:
        return see_other(f"{REQUESTS}/{outcome.asked.id}")
    return see_other(f"{HOME}?hecho={realm}")
