"""The part of *No soy un robot* that a browser does, and what checking it costs the server.

The bench solves the real ALTCHA, with few rounds (CHEAP): the usual work takes a second of CPU for
each person by design, which is the attacker's price, and this machine has to play thousands of
people. Signature, binding, expiry and the spent mark are the real ones; what the rounds add to the
check is measured apart.
"""

from __future__ import annotations

import json
import time

from altcha import Challenge, Payload, solve_challenge

from idp.captcha.altcha import FIELD, Altcha
from idp.kernel.clock import SystemClock

CHEAP = 10
# While many ask at once the work doubles (`captcha.load`).
BUSY = 2
_TIMES = 50


class _NeverSpent:
    def spend(self, digest: str, *, seconds: float) -> bool:
        """It counts the check alone."""
        return True


def solved(challenge: str) -> str:
    """The form's answer to a challenge."""
    found = Challenge.from_dict(json.loads(challenge))
    solution = solve_challenge(found)
    if solution is None:
        raise RuntimeError("no solution")
    return str(Payload(found, solution).to_base64())


def price(rounds: int) -> float:
    """CPU seconds of checking one solution of so many rounds."""
    captcha = Altcha(spent=_NeverSpent(), clock=SystemClock(), key=b"k" * 32, cost=rounds)
    form = {FIELD: solved(captcha.widget("bench").challenge_json)}
    before = time.process_time()
    for _ in range(_TIMES):
        captcha.verify(form, "bench")
    return (time.process_time() - before) / _TIMES
