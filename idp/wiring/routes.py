"""Which room takes which step of a login."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from idp.login.steps import StepKind

_DESTINATIONS = {
    "authorize": "/authorize/{}",
    "account": "/cuenta",
    "component": "/contingencia/{}/listo",
}

# Which room takes a step: (transaction id, realm; for FINISH the destination) -> path.
STEP_URLS: Mapping[StepKind, Callable[[str, str], str]] = {
    StepKind.UPSTREAM: lambda txn, realm: f"/upstream/{realm}/start?txn={txn}",
    StepKind.CONTINGENCY: lambda txn, realm: f"/contingencia/{txn}",
    StepKind.NUDGE: lambda txn, realm: f"/cuenta/aviso/{txn}",
    StepKind.FINISH: lambda txn, destination: _DESTINATIONS[destination].format(txn),
}
