"""The table of vendors, and the captcha in force."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from idp.captcha.altcha import Altcha
from idp.captcha.calls import Calls
from idp.captcha.none import NoCaptcha
from idp.captcha.ports import SpentSolutions, Vendor
from idp.captcha.remote import RemoteCaptcha
from idp.captcha.vendors import REMOTE
from idp.captcha.widget import CaptchaWidget
from idp.kernel.clock import Clock
from idp.kernel.ports import HttpClient


@dataclass(frozen=True)
class Tools:
    """What a vendor may be built with; each takes what it needs.

    key, altcha_cost: ALTCHA's. http, site_key, secret, hostname: a remote vendor's; verify_url: in
    the place of the vendor's own; threads: of this process, most of which must stay free.
    """

    spent: SpentSolutions
    clock: Clock
    key: bytes
    altcha_cost: int
    http: HttpClient | None = None
    site_key: str = ""
    secret: str = ""
    hostname: str = ""
    verify_url: str | None = None
    threads: int = 8


def _remote(kind: str, tools: Tools) -> Vendor:
    if tools.http is None:
        raise ValueError("a remote captcha needs a way out")
    return RemoteCaptcha(
        REMOTE[kind],
        kind=kind,
        http=tools.http,
        calls=Calls(clock=tools.clock, threads=tools.threads),
        spent=tools.spent,
        site_key=tools.site_key,
        secret=tools.secret,
        hostname=tools.hostname,
        verify_url=tools.verify_url,
    )


# A vendor is a row (a remote one of `captcha.vendors`): IDP_CAPTCHA names it.
VENDORS: dict[str, Callable[[Tools], Vendor]] = {
    "altcha": lambda tools: Altcha(
        spent=tools.spent, clock=tools.clock, key=tools.key, cost=tools.altcha_cost
    ),
    "none": lambda _tools: NoCaptcha(),
    **{kind: partial(_remote, kind) for kind in REMOTE},
}


class Captcha:
    """The captcha in force; fails closed: what is not verified is refused."""

    def __init__(self, *, vendor: str, tools: Tools) -> None:
        self._vendor = VENDORS[vendor](tools)

    @property
    def assets(self) -> tuple[str, ...]:
        """The files below /static that the form needs."""
        return self._vendor.assets

    def widget(self, transaction_id: str) -> CaptchaWidget:
        """What the form of this login shows."""
        return self._vendor.widget(transaction_id)

    def verify(self, form: Mapping[str, str], transaction_id: str) -> None:
        """Return when a person filled in the form.

        Raises IdpError captcha_failed or captcha_expired (400), captcha_unavailable (503,
        with when to come back), Unavailable("redis").
        """
        self._vendor.verify(form, transaction_id)
