"""ALTCHA: a proof of work that we serve and check ourselves; nothing leaves for a third party.

The challenge is signed, bound to the login (`t`) and ends (`e`). Its end is in the signed data and
compared with our clock; the library would compare its own field with the machine's.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from altcha import Payload, create_challenge, verify_solution

from idp.captcha.load import Load
from idp.captcha.ports import SpentSolutions
from idp.captcha.widget import CaptchaWidget
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.ids import digest, same

FIELD = "altcha"
_SCRIPTS = ("vendor/altcha/altcha.js",)
_STYLES = ("vendor/altcha/altcha.css",)
_ALGORITHM = "PBKDF2/SHA-256"
_LIFETIME = 1_200
_LONGEST = 4_096


class Altcha:
    """cost: PBKDF2 rounds per try, more while this process is busy; about 256 tries find a
    solution. key: signs challenges.
    """

    def __init__(self, *, spent: SpentSolutions, clock: Clock, key: bytes, cost: int) -> None:
        self._spent = spent
        self._clock = clock
        self._key = key
        self._cost = cost
        self._load = Load(clock)

    @property
    def assets(self) -> tuple[str, ...]:
        """The widget, its look and its worker."""
        return (*_SCRIPTS, *_STYLES, "vendor/altcha/pbkdf2.js")

    def widget(self, transaction_id: str) -> CaptchaWidget:
        """A new challenge for this login."""
        challenge = create_challenge(
            _ALGORITHM,
            int(self._cost * self._load.factor()),
            data={
                "t": digest(transaction_id),
                "e": int(self._clock.timestamp()) + _LIFETIME,
            },
            hmac_secret=self._key,
        )
        return CaptchaWidget(
            kind="altcha",
            field=FIELD,
            challenge_json=json.dumps(challenge.to_dict(), separators=(",", ":")),
            scripts=_SCRIPTS,
            styles=_STYLES,
            csp_script=("'self'",),
            csp_worker=("'self'",),
            csp_connect=("'self'",),
        )

    def verify(self, form: Mapping[str, str], transaction_id: str) -> None:
        """Check and spend the solution. Raises IdpError captcha_failed, captcha_expired."""
        payload = _parse(form.get(FIELD, ""))
        data = payload.challenge.parameters.data
        result = verify_solution(payload, self._key)
        # Only what our signature covers is believed, so that comes first.
        if not result.verified or not isinstance(data, dict):
            raise IdpError("captcha_failed", 400, detail="solution")
        if not same(str(data.get("t", "")), digest(transaction_id)):
            raise IdpError("captcha_failed", 400, detail="other login")
        left = float(data.get("e", 0)) - self._clock.timestamp()
        if left <= 0:
            raise IdpError("captcha_expired", 400)
        if not self._spent.spend(digest(payload.challenge.signature or ""), seconds=left):
            raise IdpError("captcha_failed", 400, detail="spent")


def _parse(text: str) -> Payload:
    """Read the widget's base64 JSON. Raises IdpError("captcha_failed")."""
    if not text:
        raise IdpError("captcha_failed", 400, detail="missing")
    try:
        if len(text) > _LONGEST:
            raise ValueError("too long")
        payload = Payload.from_dict(json.loads(base64.b64decode(text, validate=True)))
        _check_types(payload)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IdpError("captcha_failed", 400, detail="malformed") from error
    return payload


def _check_types(payload: Payload) -> None:
    # The library trusts the types of what it parsed; a stranger chose them.
    solution = payload.solution
    parts = (payload.challenge.signature, solution.derived_key)
    if not all(isinstance(part, str) for part in parts):
        raise TypeError("text expected")
    if not isinstance(solution.counter, int) or not 0 <= solution.counter < 2**32:
        raise ValueError("counter")
