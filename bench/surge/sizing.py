"""From what things cost to how many processes a day needs. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

# The waiting page's script asks so often (templates/static/js/espera.js).
POLL_EVERY = 15.0
# Who enters by a link is sent a second mail, the notice.
MAILS_EACH = 2
# A process is planned for this part of what it carries: arrivals are uneven, and processes die.
FULL = 0.7


@dataclass(frozen=True)
class Costs:
    """CPU seconds: asking (a person, all requests of it), captcha (what its usual rounds add to
    that), poll, entering (a person), mail. latency: seconds that the relay takes for a mail.
    threads: of a worker process.
    """

    asking: float
    captcha: float
    poll: float
    entering: float
    mail: float
    latency: float
    threads: int


@dataclass(frozen=True)
class Need:
    """server: cores' worth of CPU. mails: a second. sending: threads that hand over at any moment.
    Processes have room to spare (FULL).
    """

    polls: float
    server: float
    mails: float
    sending: float
    server_processes: int
    worker_processes: int


def by_cpu(costs: Costs) -> float:
    """Mails a second that one core has the CPU for."""
    return 1 / max(costs.mail, 1e-6)


def by_threads(costs: Costs) -> float:
    """Mails a second that its threads can wait for: each is held for as long as the relay takes."""
    return costs.threads / max(costs.latency, 1e-6)


def carries(costs: Costs) -> float:
    """Mails a second of one worker process."""
    return min(by_cpu(costs), by_threads(costs))


def need(costs: Costs, *, people: int, seconds: float, page_open: float) -> Need:
    """What so many need who ask evenly within so long. page_open: seconds that a waiting page stays
    in sight.
    """
    rate = people / seconds
    polls = min(float(people), rate * page_open) / POLL_EVERY
    server = rate * (costs.asking + costs.captcha + costs.entering) + polls * costs.poll
    mails = rate * MAILS_EACH
    return Need(
        polls=polls,
        server=server,
        mails=mails,
        sending=mails * costs.latency,
        server_processes=math.ceil(server / FULL),
        worker_processes=math.ceil(mails / carries(costs) / FULL),
    )
