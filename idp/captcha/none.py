"""No captcha: for development and tests; settings refuse it in production."""

from __future__ import annotations

from collections.abc import Mapping

from idp.captcha.widget import CaptchaWidget


class NoCaptcha:
    """Believes everybody."""

    assets: tuple[str, ...] = ()

    def widget(self, transaction_id: str) -> CaptchaWidget:
        """Nothing to show."""
        return CaptchaWidget(kind="none")

    def verify(self, form: Mapping[str, str], transaction_id: str) -> None:
        """Nothing to check."""
