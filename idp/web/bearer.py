"""Access tokens in requests (RFC 6750 §2.1, RFC 9449 §7.1), and the challenges of refusals."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Request

from idp.kernel.ports import Presented, TokenRefused

_SCHEMES = ("bearer", "dpop")
Header = tuple[str, str]


def presented(request: Request, issuer: str) -> Presented | None:
    """The token of the Authorization header, or None where there is none."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    token = value.strip()
    if scheme.lower() not in _SCHEMES or not token:
        return None
    return Presented(
        token=token,
        scheme=scheme.lower(),
        proof=request.headers.get("DPoP"),
        method=request.method,
        uri=f"{issuer}{request.path}",
    )


class Challenges:
    """What `WWW-Authenticate` says. algorithms: those that a DPoP proof may be signed with."""

    def __init__(self, algorithms: Sequence[str]) -> None:
        self._schemes = {
            "Bearer": 'Bearer realm="vuce"',
            "DPoP": f'DPoP realm="vuce", algs="{" ".join(algorithms)}"',
        }

    def bare(self) -> list[Header]:
        """RFC 6750 §3.1: no error code when the request holds no token at all."""
        return [("WWW-Authenticate", challenge) for challenge in self._schemes.values()]

    def refused(self, refusal: TokenRefused) -> Header:
        """Why a token is not accepted, and which scope would be."""
        scope = f', scope="{refusal.scope}"' if refusal.scope else ""
        details = f'error="{refusal.error}", error_description="{refusal.description}"{scope}'
        return "WWW-Authenticate", f"{self._schemes[refusal.scheme]}, {details}"
