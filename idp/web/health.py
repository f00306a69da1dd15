"""What load balancers and supervisors ask: `/healthz` and `/readyz`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint

from idp.kernel.errors import Unavailable


def blueprint(
    pings: Mapping[str, Callable[[], None]], facts: Mapping[str, Callable[[], bool]]
) -> Blueprint:
    """pings: by name, raises Unavailable while that does not answer. facts: true once ready."""
    bp = Blueprint("health", __name__)

    @bp.get("/healthz")
    def alive() -> tuple[dict[str, str], int]:
        """The process serves; it asks nobody else, so that an outage elsewhere restarts nothing."""
        return {"status": "ok"}, 200

    @bp.get("/readyz")
    def ready() -> tuple[dict[str, object], int]:
        """What a login needs answers."""
        good = {name: _answers(ping) for name, ping in pings.items()}
        good |= {name: fact() for name, fact in facts.items()}
        checks = {name: "ok" if one else "unavailable" for name, one in good.items()}
        status = "ok" if all(good.values()) else "unavailable"
        return {"status": status, "checks": checks}, 200 if status == "ok" else 503

    return bp


def _answers(ping: Callable[[], None]) -> bool:
    try:
        ping()
    except Unavailable:
        return False
    return True
