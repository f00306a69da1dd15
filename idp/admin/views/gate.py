"""What stands before every page: who is logged in, may they, was the form ours, is the proof fresh.

A page says what it needs in one line, so that none can forget a part of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from flask import Request, Response, request

from idp.admin.entrance import Origin
from idp.admin.now import Alert
from idp.admin.roles import ROLE_NAMES, Permission
from idp.admin.sessions import Sessions, Visit
from idp.admin.views.menu import HOME, menu_for
from idp.audit.personal import Personal
from idp.kernel.errors import IdpError
from idp.web.agent import describe
from idp.web.browser import Browser, browser_hash
from idp.web.client_address import ClientAddress
from idp.web.cookies import Cookies
from idp.web.csrf import Csrf
from idp.web.redirects import see_other
from idp.web.render import Pages

SESSION = "idp_admin"
BROWSER = "idp_admin_browser"
KNOWN = "idp_admin_known"
_KNOWN_LIFE = 180 * 86_400
LOGIN = "/admin/ingresar"
PROVE = "/admin/confirmar"
# A page of ours, and nothing that a browser could take for another host.
_BACK = re.compile(r"/admin(?:/[\w-]+)*(?:\?[\w.~%=&-]*)?", re.ASCII)

View = Callable[..., Response]


class Gate:
    """Reads and sets the console's cookies, and lets visitors through. alerts: what every page of
    theirs says above all else.
    """

    def __init__(
        self,
        *,
        sessions: Sessions,
        pages: Pages,
        cookies: Cookies,
        browser: Browser,
        csrf: Csrf,
        addresses: ClientAddress,
        alerts: Callable[[], Sequence[Alert]] = tuple,
    ) -> None:
        self._sessions = sessions
        self._pages = pages
        self._cookies = cookies
        self._browser = browser
        self._csrf = csrf
        self._addresses = addresses
        self._alerts = alerts

    def needs(
        self, permission: Permission, *, fresh: bool = False, used: bool = True
    ) -> Callable[[View], View]:
        """A view for visitors who have this permission; it is given their visit first.

        Whoever is not logged in is sent to do so and comes back. Each form is checked to be ours.
        fresh: the password was typed within minutes, else it is asked for first; a form that wants
        it has its page at the same path. used: somebody asked for it, so that their session is not
        idle.
        """

        def wrap(view: View) -> View:
            @wraps(view)
            def guarded(**parts: str) -> Response:
                if request.method == "POST":
                    self.check_form()
                visit = self.visit(used=used)
                if visit is None:
                    return see_other(f"{LOGIN}?{urlencode({'volver': _here(request)})}")
                if not visit.may(permission):
                    raise IdpError("console_forbidden", 403, detail=permission.value)
                if fresh and not visit.fresh:
                    return see_other(f"{PROVE}?{urlencode({'volver': request.path})}")
                return view(visit, **parts)

            return guarded

        return wrap

    def visit(self, *, used: bool = True) -> Visit | None:
        """Who is logged in."""
        return self._sessions.current(self._cookies.read(request, SESSION), used=used)

    def check_form(self) -> None:
        """Raises IdpError("csrf_failed", 403) unless it is a form of ours."""
        self._csrf.check(request, self._browser.read(request))

    def page(self, template: str, visit: Visit | None = None, /, **context: Any) -> Response:
        """A page whose forms this browser may send, with the menu of its visitor."""
        value, _ = self._browser.read_or_new(request)
        shown: dict[str, Any] = {"visit": None}
        if visit is not None:
            shown = {
                "visit": visit,
                "menu": menu_for(visit),
                "role": ROLE_NAMES[visit.account.role],
                "here": request.path,
                "alerts": self._alerts(),
                "may_flip": visit.may(Permission.FLIP),
            }
        response = self._pages.page(
            template, csrf_token=self._csrf.token(value), **shown, **context
        )
        self._browser.remember(response, value)
        return response

    def origin(self) -> Origin:
        """Whence a login comes."""
        return Origin(
            prefix=self._addresses.prefix(request),
            browser_hash=browser_hash(self._browser.read(request) or ""),
            known=self._cookies.read(request, KNOWN),
            agent=describe(request.headers.get("User-Agent", "")),
            session=self._cookies.read(request, SESSION),
            personal=self.personal(),
        )

    def personal(self) -> Personal:
        """Whence it comes, for beside an audit record."""
        agent = request.headers.get("User-Agent", "")
        return Personal.of(self._addresses.address(request), agent)

    def let_in(self, response: Response, cookie: str, known: str | None = None) -> Response:
        """Give a browser its session. What was bound to the browser before is over."""
        self._cookies.set(response, SESSION, cookie, max_age=None)
        if known is not None:
            self._cookies.set(response, KNOWN, known, max_age=_KNOWN_LIFE)
        self._browser.renew(response)
        return response

    def let_out(self, response: Response) -> Response:
        """Take the session from a browser."""
        self._cookies.clear(response, SESSION)
        self._browser.renew(response)
        return response


def back_to(wanted: str | None) -> str:
    """The page to go on to, if it is one of ours; else the first one."""
    return wanted if wanted and _BACK.fullmatch(wanted) else HOME


def _here(asked: Request) -> str:
    """The page that was asked for; of a form, the first page: it is not sent again."""
    if asked.method == "POST":
        return HOME
    query = asked.query_string.decode("ascii", "replace")
    return asked.path + (f"?{query}" if query else "")
