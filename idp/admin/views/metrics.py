"""`/metrics`, for Prometheus: to a program with a token, or from a network that a setting names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network

from flask import Blueprint, Request, Response, request

from idp.admin.metrics import Family, Metrics
from idp.admin.views.api import caller
from idp.clients.client import ADMIN_READ
from idp.kernel.ports import AccessTokens, TokenRefused
from idp.limits.service import Limits
from idp.web.bearer import Challenges

PATH = "/metrics"
# A proxy that nobody told us of would lend every visitor its own address.
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


def blueprint(
    *,
    metrics: Metrics,
    write: Callable[[Sequence[Family]], bytes],
    content_type: str,
    tokens: AccessTokens,
    limits: Limits,
    challenges: Challenges,
    console: str,
    allow: Sequence[str],
    proxies: int,
) -> Blueprint:
    """allow: networks (CIDR) from where no token is asked for. proxies: how many are trusted."""
    bp = Blueprint("metrics", __name__)
    networks = [ip_network(one) for one in allow]

    def near(asked: Request) -> bool:
        if not proxies and any(one in asked.headers for one in _FORWARDED):
            return False
        try:
            found = ip_address(asked.remote_addr or "")
        except ValueError:
            return False
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in one for one in networks)

    @bp.get(PATH)
    def figures() -> Response:
        if not near(request):
            try:
                client_id = caller(tokens, ADMIN_READ, console, redis_may_be_down=True)
            except TokenRefused as refused:
                return _refused(refused, challenges)
            limits.hit("admin.api", client_id)
        text = write(metrics.now())
        return Response(text, headers={"Cache-Control": "no-store"}, content_type=content_type)

    return bp


def _refused(refused: TokenRefused, challenges: Challenges) -> Response:
    code = refused.error or "unauthorized"
    response = Response(f"{code}\n", refused.status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    told_why = [challenges.refused(refused)] if refused.error else challenges.bare()
    response.headers.extend(told_why)
    return response
