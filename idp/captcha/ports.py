"""What a captcha vendor is, and where spent solutions are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from idp.captcha.widget import CaptchaWidget


class Vendor(Protocol):
    """One way to tell people from robots."""

    @property
    def assets(self) -> tuple[str, ...]:
        """The files below /static that it needs."""
        ...

    def widget(self, transaction_id: str) -> CaptchaWidget:
        """What the form needs to show it."""
        ...

    def verify(self, form: Mapping[str, str], transaction_id: str) -> None:
        """Accept what the form brought, once. Raises IdpError (captcha_failed,
        captcha_expired, captcha_unavailable).
        """
        ...


class SpentSolutions(Protocol):
    """Remembers which solutions served already."""

    def spend(self, digest: str, *, seconds: float) -> bool:
        """True for exactly one caller; remembered for so long. Raises Unavailable("redis")."""
        ...
