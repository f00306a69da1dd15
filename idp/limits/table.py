"""The one table of limits: a change is a row.

`limit` uses may come at once; they come back evenly over `window` seconds. Where `even`, no window
ever holds more than `limit`, and a sixtieth may come at once (`ports.evenly`). `key` says what the
caller gives as parts (they are stored as one HMAC). What happens when Redis is down: `refuse`
(503; right where the step needs Redis anyway) or `allow`. `message` is the id of what people read
who are refused (`web.messages`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class Limit:
    """One row."""

    name: str
    key: str
    limit: int
    window: int
    on_redis_down: Literal["refuse", "allow"] = "refuse"
    even: bool = False
    message: str = "rate_limited"


_ROWS = (
    # Before a solution is checked, which costs a call to the vendor or work of ours: a right one
    # counts as well, and a second try must not be what an office lacks, so twice as many as may
    # ask for a link.
    Limit("captcha.address", "address prefix", 240, 600),
    Limit("captcha.known_browser", "known browser", 30, 600),
    Limit("captcha.transaction", "transaction", 10, 600),
    # A whole office behind one address must get in on the day that everybody asks.
    Limit("contingency.address", "address prefix", 120, 600),
    # With the prefix: a stranger elsewhere who knows a RUC cannot silence its owner.
    Limit("contingency.person", "what was typed, address prefix", 5, 900),
    Limit("contingency.known_browser", "known browser, what was typed", 5, 900),
    Limit("contingency.resend", "transaction", 5, 1_800),
    # What one component, and all together, may cause. The worst day is 20,000 people at one
    # component in three minutes, some of whom ask again: far above it, and below what Redis holds
    # (some 5 KB for each). When the mail cannot keep up, the form says so long before.
    Limit("contingency.client", "component", 60_000, 600, message="many_people"),
    Limit("contingency.system", "the whole system", 80_000, 600, message="many_people"),
    # Mail that would go beyond these waits in the queue. A relay's own cap is in IDP_SMTP_URL.
    # Both bear docs/rendimiento.md's day: 20 000 people in ten minutes, each with a link and a
    # notice, six of ten at one provider. A try that leads nowhere is given back.
    Limit("mail.budget", "the whole system (IDP_MAIL_BUDGET)", 240_000, 3_600, "allow", even=True),
    Limit(
        "mail.domain", "e-mail domain (IDP_MAIL_DOMAIN_BUDGET)", 144_000, 3_600, "allow", even=True
    ),
    # A campaign has no hurry: it leaves codes and notices what they need, and a sender that writes
    # to everybody at once loses its good name.
    Limit("mail.campaign", "the whole system (IDP_CAMPAIGN_BUDGET)", 6_000, 3_600, even=True),
    Limit("login.park", "address prefix", 300, 600),
    # Each start keeps a state and writes an audit row.
    Limit("upstream.start", "transaction", 30, 600),
    # Each callback notes its code for a day and writes an audit row. One whose state is this very
    # browser's is not counted: junk from a neighbour keeps nobody out.
    Limit("upstream.callback", "address prefix", 300, 600),
    # Not how often something may fail, but how many failures of an address are put on record.
    Limit("audit.noted", "event, and address prefix, link or account", 120, 600),
    # Reading a million people by 200 takes a minute of it; a bulk request counts by operation.
    Limit("scim.client", "component", 6_000, 60),
    Limit("account.verification", "person", 5, 3_600),
    Limit("account.code", "person", 20, 3_600),
    # Each reads all that there is of a person.
    Limit("account.copy", "person", 6, 3_600),
    # The console. Each comes back by itself: nobody is locked out for good. With the prefix, so
    # that a stranger elsewhere cannot silence an account; over all prefixes for who has many of
    # them (NIST SP 800-63B §3.2.2), and a browser where the account logged in before is not counted
    # there.
    Limit("admin.address", "address prefix", 60, 600),
    Limit("admin.account", "name that was typed, address prefix", 10, 900),
    Limit("admin.account_anywhere", "name that was typed", 100, 3_600),
    Limit("admin.known_browser", "known browser", 10, 900),
    # Who comes so far has the password, or the session. Of a million codes three are right at any
    # moment: ten in a quarter of an hour alone would find one within the year.
    Limit("admin.code", "account", 10, 900),
    Limit("admin.code_day", "account", 60, 86_400),
    Limit("admin.proof", "account", 10, 900),
    # Each try is a password's work.
    Limit("admin.setup", "address prefix", 30, 600),
    # Two a minute is more than anybody answers calls; it is what keeps a list of people from being
    # tried out.
    Limit("admin.search", "account", 120, 3_600),
    # What a caller says is compared with four digits: few tries, whoever makes them, or they are
    # found out.
    Limit("admin.caller_case", "call", 5, 1_800),
    Limit("admin.caller", "person", 10, 43_200),
    # The console's API: a look a second from some machines; a change is somebody's decision.
    Limit("admin.api", "component", 1_200, 60, "allow"),
    # One that finds nothing reads a month of the log.
    Limit("admin.api_search", "component", 60, 60, "allow"),
    Limit("admin.api_change", "component", 60, 600),
)

LIMITS: dict[str, Limit] = {row.name: row for row in _ROWS}


def table(
    *, mail_budget: int, mail_domain_budget: int, campaign_budget: int = 6_000
) -> dict[str, Limit]:
    """The table with what the installation sets: mails an hour, in all, to one domain, and of
    campaigns. These have an eighth of the smaller of the other two at most: all of a campaign may
    go to one domain.
    """
    least = max(1, min(mail_budget, mail_domain_budget) // 8)
    budget = replace(LIMITS["mail.budget"], limit=mail_budget)
    domain = replace(LIMITS["mail.domain"], limit=mail_domain_budget)
    campaign = replace(LIMITS["mail.campaign"], limit=min(campaign_budget, least))
    return {**LIMITS, **{one.name: one for one in (budget, domain, campaign)}}
