"""A captcha whose answer a vendor's server checks (`siteverify`). Fails closed.

The person's address is not sent along (`remoteip` is optional): the vendor sees it in the widget as
it is, and nothing of ours should depend on the two being alike.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from typing import Any

from idp.captcha.calls import LONGEST_PAUSE, Calls, NotCalled
from idp.captcha.ports import SpentSolutions
from idp.captcha.vendors import RemoteVendor
from idp.captcha.widget import CaptchaWidget
from idp.kernel.errors import IdpError
from idp.kernel.ids import digest
from idp.kernel.ports import HttpClient, HttpFailure

_log = logging.getLogger(__name__)
_TIMEOUT = 5.0
_TRY_AGAIN = int(LONGEST_PAUSE)
_MAX_BYTES = 16_384
# The longest answer that a vendor documents has 2,048 characters (Turnstile); others grow.
_LONGEST = 8_192
# What says that the answer was good but came too late, or a second time.
_LATE = frozenset(
    {
        "timeout-or-duplicate",
        "expired-input-response",
        "already-seen-response",
        "invalid-or-already-seen-response",
    }
)
# What the person cannot have caused: our own keys or request, or the vendor itself.
_OURS = frozenset(
    {
        "missing-input-secret",
        "invalid-input-secret",
        "sitekey-secret-mismatch",
        "invalid-sitekey",
        # Our secret is one for tests, or the site key that people were shown is.
        "not-using-dummy-passcode",
        "bad-request",
        "internal-error",
        "missing-remoteip",
        "invalid-remoteip",
    }
)


class RemoteCaptcha:
    """site_key: public. secret: ours alone. hostname: where the widget must have been solved."""

    assets: tuple[str, ...] = ()

    def __init__(
        self,
        vendor: RemoteVendor,
        *,
        kind: str,
        http: HttpClient,
        calls: Calls,
        spent: SpentSolutions,
        site_key: str,
        secret: str,
        hostname: str,
        verify_url: str | None = None,
    ) -> None:
        self._vendor = vendor
        self._kind = kind
        self._http = http
        self._calls = calls
        self._spent = spent
        self._site_key = site_key
        self._secret = secret
        self._hostname = hostname
        self._verify_url = verify_url or vendor.verify_url

    def widget(self, transaction_id: str) -> CaptchaWidget:
        """The vendor's own, in its own frame."""
        vendor = self._vendor
        bound = {"data-cdata": digest(transaction_id)} if vendor.binds else {}
        return CaptchaWidget(
            kind=self._kind,
            field=vendor.field,
            remote_script=vendor.script,
            css_class=vendor.css_class,
            attributes={"data-sitekey": self._site_key, **vendor.attributes, **bound},
            csp_script=vendor.csp_script,
            csp_style=vendor.csp_style,
            csp_connect=vendor.csp_connect,
            csp_frame=vendor.csp_frame,
        )

    def verify(self, form: Mapping[str, str], transaction_id: str) -> None:
        """Ask the vendor, and spend the answer.

        Raises IdpError captcha_failed, captcha_expired (400), captcha_unavailable (503).
        """
        answer = form.get(self._vendor.field, "")
        if not answer:
            raise IdpError("captcha_failed", 400, detail="missing")
        if len(answer) > _LONGEST or not answer.isascii():
            raise IdpError("captcha_failed", 400, detail="malformed")
        # Before asking: of two requests with one answer, one is refused whatever the vendor says.
        if not self._spent.spend(digest(answer), seconds=math.ceil(self._vendor.lifetime)):
            raise IdpError("captcha_expired", 400, detail="spent")
        self._judge(self._asked(answer), transaction_id)

    def _asked(self, answer: str) -> dict[str, Any]:
        """What the vendor says of an answer. Raises IdpError("captcha_unavailable")."""
        fields = {"secret": self._secret, "response": answer}
        if self._vendor.wants_site_key:
            fields["sitekey"] = self._site_key
        try:
            said = self._calls.make(
                lambda: self._http.post_form(
                    self._verify_url, fields, timeout=_TIMEOUT, max_bytes=_MAX_BYTES
                )
            )
        except NotCalled as reason:
            # No line in the log for each: a flood of forms must not become one of lines.
            raise _unavailable(str(reason)) from None
        except HttpFailure as failure:
            raise _troubled(failure.reason) from failure
        try:
            found = json.loads(said.body)
        except (ValueError, RecursionError) as error:
            raise _troubled(f"status {said.status}") from error
        if not isinstance(found, dict) or not isinstance(found.get("success"), bool):
            raise _troubled(f"status {said.status}, no answer")
        return found

    def _judge(self, found: dict[str, Any], transaction_id: str) -> None:
        codes = found.get("error-codes")
        said = {one for one in codes if isinstance(one, str)} if isinstance(codes, list) else set()
        if said & _OURS:
            raise _troubled(", ".join(sorted(said & _OURS)))
        if found["success"] is not True:
            late = bool(said & _LATE)
            raise IdpError(
                "captcha_expired" if late else "captcha_failed", 400, detail="vendor refused"
            )
        if found.get("hostname") != self._hostname:
            raise IdpError("captcha_failed", 400, detail="other hostname")
        if self._vendor.binds and found.get("cdata") != digest(transaction_id):
            raise IdpError("captcha_failed", 400, detail="other login")


def _troubled(reason: str) -> IdpError:
    _log.error("captcha vendor did not answer as it should: %s", reason)
    return _unavailable(reason)


def _unavailable(reason: str) -> IdpError:
    return IdpError("captcha_unavailable", 503, detail=reason, retry_after=_TRY_AGAIN)
