"""The pages of a link: one for each state, and one for any browser but the one that asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, url_for

from idp.contingency.codes import code_error, spaced
from idp.contingency.elsewhere import SeenElsewhere
from idp.contingency.entry import Opened
from idp.contingency.urls import login_url, sunat_url
from idp.contingency.verdicts import Verdict
from idp.kernel.errors import IdpError
from idp.links.ports import Outcome
from idp.web.headers import Csp
from idp.web.render import Pages

_PAGES = {
    Outcome.SPENT: "ingreso/usado.html",
    Outcome.SUPERSEDED: "ingreso/reemplazado.html",
    Outcome.WITHDRAWN: "ingreso/retirado.html",
    Outcome.UNKNOWN: "ingreso/desconocido.html",
}


def link_page(
    pages: Pages,
    token: str,
    found: Opened,
    csrf_token: str,
    error: IdpError | None,
    upstream_origins: tuple[str, ...] = (),
) -> Response:
    """The page of a link as this browser sees it. csrf_token: of its forms, for a browser that may
    have no cookie yet. error: what is wrong with the code typed. upstream_origins: where the way
    out of a drill leads.
    """
    report_url = url_for("link.report", token=token)
    drill = _drill(found)
    csp = Csp(
        form_action=(*upstream_origins, *found.return_origins) if drill else found.return_origins
    )
    if found.verdict is not Verdict.TAKEN:
        return _not_taken(pages, token, found, csrf_token)
    if found.problem is None:
        return pages.page(
            "ingreso/confirmar.html",
            # Browsers hold `form-action` against where a redirect after the POST leads.
            csp=csp,
            csrf_token=csrf_token,
            name=found.name,
            user=found.user,
            client_name=found.client_name,
            until=found.until,
            asked_at=found.asked_at,
            action=url_for("link.enter", token=token),
            report_url=report_url,
            drill=drill,
        )
    if found.elsewhere is not None:
        return _other_browser(pages, token, found, found.elsewhere, csrf_token, error)
    if found.problem is Outcome.EXPIRED:
        again = found.resend_transaction
        resend_url = url_for("contingency.resend", transaction_id=again) if again else None
        return pages.page(
            "ingreso/vencido.html",
            status=found.status,
            csp=csp,
            csrf_token=csrf_token,
            report_url=report_url,
            can_resend=again is not None,
            resend_url=resend_url,
            restart_url=found.restart_url,
            drill=drill,
        )
    return pages.page(
        _PAGES[found.problem],
        status=found.status,
        csrf_token=csrf_token,
        report_url=report_url,
        restart_url=found.restart_url,
        continue_url=login_url(found.go_on) if found.go_on else None,
        drill=drill,
    )


def _drill(found: Opened) -> Mapping[str, Any] | None:
    """For `parts/drill.html`: out of the drill by the login of this browser, or by a new one."""
    if not found.drill:
        return None
    leave = url_for("drills.leave", transaction_id=found.login) if found.login else None
    return {"realm": found.drill, "leave_url": leave, "restart_url": found.restart_url}


def _not_taken(pages: Pages, token: str, found: Opened, csrf_token: str) -> Response:
    """What to do instead, where the component would not take a login by this link."""
    if found.go_on:
        return pages.page(
            "contingencia/recuperado.html",
            realm=found.realm,
            client_name=found.client_name,
            link_ended=True,
            continue_url=sunat_url(found.go_on),
            drill_ended="",
        )
    return pages.page(
        "ingreso/no_admitido.html",
        status=403,
        csrf_token=csrf_token,
        verdict=found.verdict.value,
        client_name=found.client_name,
        report_url=url_for("link.report", token=token),
    )


def _other_browser(
    pages: Pages,
    token: str,
    found: Opened,
    seen: SeenElsewhere,
    csrf_token: str,
    error: IdpError | None,
) -> Response:
    said = code_error(error.code, 6) if error else None
    agent, _, system = seen.agent.partition("/")
    return pages.page(
        "ingreso/otro_navegador.html",
        status=error.status if error and said else found.status,
        csp=Csp(form_action=found.return_origins),
        csrf_token=csrf_token,
        client_name=found.client_name,
        asked_at=found.asked_at,
        until=found.until,
        reference=found.reference,
        masked_name=seen.masked_name,
        user=seen.user,
        agent=agent,
        system=system,
        there_code=spaced(seen.there_code) if seen.there_code else None,
        may_enter=seen.verdict is Verdict.TAKEN,
        code_open=seen.code_open,
        asks_again=seen.asks_again,
        recovered=seen.verdict is Verdict.RECOVERED,
        drill=_drill(found),
        realm=seen.realm,
        restart_url=found.restart_url,
        error=said,
        error_code=error.code if error and said else "link_other_browser",
        action=url_for("link.enter", token=token),
        report_url=url_for("link.report", token=token),
    )
