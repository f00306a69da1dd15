"""The states of a login by mail, and what leads from one to another.

```
FORM      --ask-->          ASKED
ASKED     --deliver-->      SENT
ASKED     --resend-->       ASKED
ASKED     --expire-->       EXPIRED
SENT      --button-->       PROVED
SENT      --code_there-->   PROVED
SENT      --code_here-->    ELSEWHERE
SENT      --resend-->       ASKED
SENT      --expire-->       EXPIRED
EXPIRED   --resend-->       ASKED
ELSEWHERE --resend-->       ASKED
PROVED    --finish-->       FORM
```

FORM: nothing is asked for. ASKED: a link is, and nobody was sent it: whoever is not eligible stays
here until it expires. SENT: a relay has the mail. PROVED: the link was used by the button in the
browser that asked, or by the eight digits there. ELSEWHERE: it was used in another browser by the
six digits; where it was asked nobody can tell this from SENT. What is not here changes nothing: a
look, a wrong code, a report, a flip of the flag. A flip closes `ask` and `resend` while SUNAT is
up, and `code_here` for a component that would send the person on to SUNAT. A component that would
not take the login (`verdicts`) closes the three ways, and the link stays whole; so does SUNAT's
recovery where links end by that (IDP_LINKS_ON_RECOVERY). An answer of SUNAT's that comes late
leads from any state to PROVED, and withdraws the link.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from idp.links.link import Link, LinkState
from idp.login.transaction import Transaction


class FlowState(StrEnum):
    """How far a login by mail is."""

    FORM = "FORM"
    ASKED = "ASKED"
    SENT = "SENT"
    PROVED = "PROVED"
    ELSEWHERE = "ELSEWHERE"
    EXPIRED = "EXPIRED"


TRANSITIONS: dict[tuple[FlowState, str], FlowState] = {
    (FlowState.FORM, "ask"): FlowState.ASKED,
    (FlowState.ASKED, "deliver"): FlowState.SENT,
    (FlowState.ASKED, "resend"): FlowState.ASKED,
    (FlowState.ASKED, "expire"): FlowState.EXPIRED,
    (FlowState.SENT, "button"): FlowState.PROVED,
    (FlowState.SENT, "code_there"): FlowState.PROVED,
    (FlowState.SENT, "code_here"): FlowState.ELSEWHERE,
    (FlowState.SENT, "resend"): FlowState.ASKED,
    (FlowState.SENT, "expire"): FlowState.EXPIRED,
    (FlowState.EXPIRED, "resend"): FlowState.ASKED,
    (FlowState.ELSEWHERE, "resend"): FlowState.ASKED,
    (FlowState.PROVED, "finish"): FlowState.FORM,
}


def state_of(login: Transaction, link: Link | None, now: datetime) -> FlowState:
    """How far a login is. link: its current one, as stored."""
    if login.proof is not None:
        return FlowState.PROVED
    if link is None:
        return FlowState.FORM
    if link.state is LinkState.SPENT:
        return FlowState.ELSEWHERE
    if link.expires_at <= now:
        return FlowState.EXPIRED
    return FlowState.ASKED if link.state is LinkState.ASKED else FlowState.SENT
