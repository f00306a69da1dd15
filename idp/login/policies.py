"""What a component's entry in clients.yaml means to the dispatcher."""

from __future__ import annotations

from idp.clients.client import Client
from idp.login.steps import Policy


def policy_of(client: Client | None) -> Policy:
    """The policy that the dispatcher judges by; `/cuenta` (no component) takes any login."""
    if client is None:
        return Policy(on_recovery="keep", nudge=False)
    rules = client.contingency
    return Policy(
        contingency=rules.allowed,
        max_session=rules.max_session,
        on_recovery=rules.on_recovery,
        recovery_limit=rules.recovery_limit,
        require_known_browser=rules.require_known_browser,
        state_lifetime=client.state_lifetime if client.initiate_login_uri else None,
        nudge=client.nudge.missing or client.nudge.yearly,
    )
