"""What a template needs to show a captcha, and the page's CSP to allow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made


@dataclass(frozen=True)
class CaptchaWidget:
    """kind: `altcha`, `none` or a vendor of `captcha.vendors` (the template's switch). field: the
    form field of the solution.

    challenge_json: for ALTCHA, the signed challenge. scripts, styles: paths below /static.
    remote_script, css_class, attributes: a vendor's script, and the element that it fills.
    The others are CSP sources (origins or keywords) that the vendor needs.
    """

    kind: str
    field: str = ""
    challenge_json: str = ""
    remote_script: str = ""
    css_class: str = ""
    attributes: Mapping[str, str] = made(default_factory=dict)
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    csp_script: tuple[str, ...] = ()
    csp_style: tuple[str, ...] = ()
    csp_connect: tuple[str, ...] = ()
    csp_worker: tuple[str, ...] = ()
    csp_frame: tuple[str, ...] = ()
