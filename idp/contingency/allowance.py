"""How often whom may ask: the rows of `limits.table` that asking for a link uses.

A known browser pays nothing of what its neighbours share, nor lacks what they used up.
"""

from __future__ import annotations

from idp.audit.events import AuditEvent
from idp.contingency.drilling import carried
from idp.contingency.ports import Browsers
from idp.contingency.visit import Visit, Visitor
from idp.kernel.errors import IdpError, Unavailable
from idp.limits.noted import Noted
from idp.limits.service import Limits


class Allowance:
    """Counts what is asked, and puts on record what is refused."""

    def __init__(self, *, limits: Limits, noted: Noted, browsers: Browsers) -> None:
        self._limits = limits
        self._noted = noted
        self._browsers = browsers

    def recognise(self, cookie: str | None) -> str | None:
        """The id of the known browser with that cookie, whoever's it is.

        A courtesy: without the directory everybody has the ordinary allowance.
        """
        try:
            return self._browsers.recognise(cookie) if cookie else None
        except Unavailable:
            return None

    def attempt(self, visit: Visit, visitor: Visitor, browser: str | None) -> None:
        """One try of the captcha, before anything is asked of a vendor.

        A stranger can use up a neighbourhood's tries for nothing; known browsers have their own,
        and its other people get in again by and by. Raises as `link`.
        """
        whose = (
            ("captcha.known_browser", browser)
            if browser is not None
            else ("captcha.address", visitor.address_prefix)
        )
        self._hit(visit, visitor, whose, ("captcha.transaction", visit.transaction.id))

    def link(
        self,
        visit: Visit,
        visitor: Visitor,
        typed_digest: str,
        browser: str | None,
        *,
        again: bool,
    ) -> None:
        """One link; every limit at once: what one of them refuses uses up none.

        Raises IdpError("rate_limited", 429), Unavailable("redis").
        """
        whose = (
            [("contingency.known_browser", browser, typed_digest)]
            if browser is not None
            else [
                ("contingency.address", visitor.address_prefix),
                ("contingency.person", typed_digest, visitor.address_prefix),
            ]
        )
        self._hit(
            visit,
            visitor,
            *whose,
            *([("contingency.resend", visit.transaction.id)] if again else []),
            ("contingency.client", visit.transaction.client_id or ""),
            ("contingency.system",),
        )

    def _hit(self, visit: Visit, visitor: Visitor, *uses: tuple[str, ...]) -> None:
        try:
            self._limits.hit_all(*uses)
        except IdpError as error:
            if error.code == "rate_limited":
                self._noted.note(
                    AuditEvent.LIMIT_HIT,
                    visitor.address_prefix,
                    limit=error.detail or "",
                    retry_after=str(error.retry_after),
                    **carried(visit.transaction),
                )
            raise
