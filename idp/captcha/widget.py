"""What a template needs to show a captcha, and the page's CSP to allow it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CaptchaWidget:
    """kind: `altcha` or `none` (the template's switch). field: the form field of the solution.

    challenge_json: for ALTCHA, the signed challenge. scripts, styles: paths below /static.
    The others are CSP sources (origins or keywords) that the vendor needs.
    """

    kind: str
    field: str = ""
    challenge_json: str = ""
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    csp_script: tuple[str, ...] = ()
    csp_style: tuple[str, ...] = ()
    csp_connect: tuple[str, ...] = ()
    csp_worker: tuple[str, ...] = ()
    csp_frame: tuple[str, ...] = ()
