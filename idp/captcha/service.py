"""The table of vendors, and the captcha in force."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from idp.captcha.altcha import Altcha
from idp.captcha.none import NoCaptcha
from idp.captcha.ports import SpentSolutions, Vendor
from idp.captcha.widget import CaptchaWidget
from idp.kernel.clock import Clock


@dataclass(frozen=True)
class Tools:
    """What a vendor may be built with; each takes what it needs."""

    spent: SpentSolutions
    clock: Clock
    key: bytes
    altcha_cost: int


# A vendor is a row: IDP_CAPTCHA names it.
VENDORS: dict[str, Callable[[Tools], Vendor]] = {
    "altcha": lambda tools: Altcha(
        spent=tools.spent, clock=tools.clock, key=tools.key, cost=tools.altcha_cost
    ),
    "none": lambda _tools: NoCaptcha(),
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

        Raises IdpError captcha_failed or captcha_expired (400), Unavailable("redis").
        """
        self._vendor.verify(form, transaction_id)
