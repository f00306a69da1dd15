"""Which links end because SUNAT is back, where an installation says that they do: as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idp.contingency.verdicts import Judge
from idp.kernel.clock import FixedClock
from idp.login.steps import Step, StepKind
from idp.login.transaction import Transaction

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Of:
    realm: str = "sol"


class Dispatcher:
    """SUNAT is up; a drill is the login's until it is left, as `Logins.drill` has it."""

    def step(self, transaction: Transaction, session: object) -> Step:
        return Step(StepKind.UPSTREAM, "sol")

    def drill(self, transaction: Transaction) -> Of | None:
        return Of() if transaction.drill and not transaction.drill_left else None


@pytest.mark.parametrize(
    ("setting", "login", "ended"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"drill": ""}, True),
        (True, {"drill": "drl_1"}, False),
        (True, {"drill": "drl_1", "drill_left": True}, False),
    ],
)
def test_link_ends_at_the_recovery_but_for_one_of_a_drill(
    setting: bool, login: dict[str, Any], ended: bool
) -> None:
    judge = Judge(
        dispatcher=Dispatcher(),  # type: ignore[arg-type]
        clock=FixedClock(NOW),
        links_end_at_recovery=setting,
    )
    parked = Transaction(
        id="txn", browser_hash="b", destination="authorize", client_id="mr", params=(),
        realms=("sol",), created_at=NOW, expires_at=NOW + timedelta(hours=1), **login,
    )  # fmt: skip
    assert judge.ended(parked, "sol") is ended
