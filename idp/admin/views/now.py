"""`/admin`: how things stand; the page itself, and what of it is asked for again and again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request
from markupsafe import Markup

from idp.admin.now import Now
from idp.admin.roles import Permission
from idp.admin.sessions import Visit
from idp.admin.switch_logins import HOUR, SPANS, LoginBoard, Span
from idp.admin.switch_plots import HOUR_OF_DAY, logins_plot, probes_plot
from idp.admin.switch_ports import Probes
from idp.admin.switch_preview import Previews
from idp.admin.views.coverage import number
from idp.admin.views.gate import Gate
from idp.admin.views.menu import HOME
from idp.admin.views.switch_drawing import Say, drawn
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.texts import Text, waited
from idp.upstream_status.ports import TransitionStore
from idp.upstream_status.switchboard import Switchboard
from idp.web.headers import Csp
from idp.web.plot import Plot, svg, table

LIVE = f"{HOME}/ahora"
# Its own script, and what that asks for.
_CSP = Csp(script=("'self'",), connect=("'self'",))
_SAME = Text("Las mismas cifras en una tabla")
# Flips that one plot shows, at most.
_MOST = 200


def blueprint(
    *,
    now: Now,
    logins: LoginBoard,
    probes: Probes,
    previews: Previews,
    transitions: TransitionStore,
    switchboard: Switchboard,
    clock: Clock,
    gate: Gate,
) -> Blueprint:
    """The first page."""
    routes = Blueprint("console_now", __name__)

    def shown(span: Span) -> dict[str, Any]:
        at = clock.now()
        since = at - timedelta(seconds=span.seconds)
        upstreams = now.upstreams()
        flips = transitions.find(None, since, None, _MOST)
        counted = logins.of(span)
        seen = {
            one.realm: list(probes.series(one.realm, since, at, span.step)) for one in upstreams
        }

        def plot_of(realm: str, say: Say) -> Plot:
            these = [one for one in flips if one.realm == realm]
            return probes_plot(seen[realm], these, span, at, say)

        return {
            "upstreams": upstreams,
            "at": at,
            "span": span,
            "probed": {realm for realm, found in seen.items() if found},
            "probes_drawn": lambda realm, say, lang_of: drawn(
                lambda say: _told(plot_of(realm, say), f"sonda-{realm}", say), say, lang_of
            ),
            "logins": counted,
            "logins_drawn": lambda say, lang_of: drawn(
                lambda say: _told(logins_plot(counted, flips, say), "ingresos", say), say, lang_of
            ),
            "mail": previews.mail(),
            "number": number,
            "waited": waited,
        }

    @routes.get(HOME)
    @gate.needs(Permission.SEE_STATE)
    def show(visit: Visit) -> Response:
        span, done = _span(), request.args.get("hecho", "")
        changed = now.of(done) if done in dict(now.realms) else None
        return gate.page(
            "consola/ahora.html",
            visit,
            csp=_CSP,
            query={"tramo": "" if span is HOUR else span.name},
            live=f"{LIVE}?tramo={span.name}",
            changed=changed,
            second=switchboard.second,
            **shown(span),
        )

    @routes.get(LIVE)
    @gate.needs(Permission.SEE_STATE, used=False)
    def look_again(visit: Visit) -> Response:
        return gate.page("consola/partes/vivo.html", visit, **shown(_span()))

    return routes


def _told(plot: Plot, ident: str, say: Say) -> Markup:
    """A plot, and the same figures for who cannot see it."""
    return Markup(
        '<div class="plotted" role="region" aria-labelledby="{ident}-grafico-title" tabindex="0">'
        '{plot}</div><details id="{ident}-tabla"><summary>{summary}</summary>'
        '<div class="table" role="region" aria-label="{summary}: {title}" tabindex="0">'
        "{table}</div></details>"
    ).format(
        ident=ident,
        plot=svg(plot, f"{ident}-grafico"),
        summary=say(_SAME),
        title=plot.title,
        table=table(plot, say(HOUR_OF_DAY)),
    )


def _span() -> Span:
    found = SPANS.get(request.args.get("tramo", HOUR.name))
    if found is None:
        raise IdpError("not_found", 404)
    return found
