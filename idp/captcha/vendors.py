"""The vendors whose widget runs in the page and whose server knows the answer: a row each.

Wire format, CSP sources and published test keys are those of the vendors' own documentation:
developers.google.com/recaptcha/docs/verify, docs.hcaptcha.com,
developers.cloudflare.com/turnstile/get-started/server-side-validation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made


@dataclass(frozen=True)
class RemoteVendor:
    """One vendor.

    owner: as people know it. field: of the form. verify_url: where an answer is checked.
    script: the widget's, in Spanish. css_class, attributes: of the element that becomes the
    widget. csp_*: what a page must allow. lifetime: seconds for which an answer counts.
    binds: whether an answer says what it was given for (`cdata`). wants_site_key: whether
    it checks on request that an answer was given for our site key (`sitekey`). test_keys:
    published site keys and secrets with which everybody passes.
    """

    owner: str
    field: str
    verify_url: str
    script: str
    css_class: str
    csp_script: tuple[str, ...]
    csp_frame: tuple[str, ...]
    csp_connect: tuple[str, ...] = ()
    csp_style: tuple[str, ...] = ()
    attributes: Mapping[str, str] = made(default_factory=dict)
    lifetime: int = 120
    binds: bool = False
    wants_site_key: bool = False
    test_keys: frozenset[str] = frozenset()


_GOOGLE = ("https://www.google.com/recaptcha/", "https://www.gstatic.com/recaptcha/")
_HCAPTCHA = ("https://hcaptcha.com", "https://*.hcaptcha.com")
_CLOUDFLARE = ("https://challenges.cloudflare.com",)

REMOTE: dict[str, RemoteVendor] = {
    "recaptcha": RemoteVendor(
        owner="Google (reCAPTCHA)",
        field="g-recaptcha-response",
        verify_url="https://www.google.com/recaptcha/api/siteverify",
        script="https://www.google.com/recaptcha/api.js?hl=es",
        css_class="g-recaptcha",
        csp_script=_GOOGLE,
        csp_frame=("https://www.google.com/recaptcha/", "https://recaptcha.google.com/recaptcha/"),
        csp_connect=("https://www.google.com/recaptcha/",),
        test_keys=frozenset(
            {
                "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI",
                "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe",
            }
        ),
    ),
    "hcaptcha": RemoteVendor(
        owner="Intuition Machines (hCaptcha)",
        field="h-captcha-response",
        verify_url="https://api.hcaptcha.com/siteverify",
        script="https://js.hcaptcha.com/1/api.js?hl=es",
        css_class="h-captcha",
        csp_script=_HCAPTCHA,
        csp_frame=_HCAPTCHA,
        csp_connect=_HCAPTCHA,
        csp_style=_HCAPTCHA,
        wants_site_key=True,
        test_keys=frozenset(
            {
                "10000000-ffff-ffff-ffff-000000000001",
                "20000000-ffff-ffff-ffff-000000000002",
                "30000000-ffff-ffff-ffff-000000000003",
                "0x0000000000000000000000000000000000000000",
            }
        ),
    ),
    "turnstile": RemoteVendor(
        owner="Cloudflare (Turnstile)",
        field="cf-turnstile-response",
        verify_url="https://challenges.cloudflare.com/turnstile/v0/siteverify",
        script="https://challenges.cloudflare.com/turnstile/v0/api.js",
        css_class="cf-turnstile",
        csp_script=_CLOUDFLARE,
        csp_frame=_CLOUDFLARE,
        attributes={"data-language": "es"},
        lifetime=300,
        binds=True,
        test_keys=frozenset(
            {
                "1x00000000000000000000AA",
                "2x00000000000000000000AB",
                "1x00000000000000000000BB",
                "2x00000000000000000000BB",
                "3x00000000000000000000FF",
                "1x0000000000000000000000000000000AA",
                "2x0000000000000000000000000000000AA",
                "3x0000000000000000000000000000000AA",
            }
        ),
    ),
}


def owner(kind: str) -> str | None:
    """Whose servers see the browser of a person who fills in the form; None for nobody's."""
    found = REMOTE.get(kind)
    return found.owner if found else None


def key_problems(kind: str, site_key: str, secret: str) -> list[str]:
    """Settings whose key is published for tests: with it, everybody passes."""
    found = REMOTE.get(kind)
    if found is None:
        return []
    keys = {"IDP_CAPTCHA_SITE_KEY": site_key, "IDP_CAPTCHA_SECRET": secret}
    return [
        f"{name}: this is a test key of the vendor's, which lets everybody pass; production needs "
        "your own"
        for name, key in keys.items()
        if key.strip() in found.test_keys
    ]
