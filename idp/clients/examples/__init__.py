"""Configuration that works, for the programs that components are written with.

`idp clients add` prints one, filled in for the new component, and docs/integrar.md shows the same
text: tests run it, so the two cannot part. The secret itself never stands in it: it comes from
the environment (`VUCE_CLIENT_SECRET`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from idp.clients.client import Client
from idp.clients.examples import apache, curl, flask, openid_client, spring
from idp.clients.examples.texts import SECRET, File

NO_ISSUER = "https://emisor.example"
"""Stands where the issuer would, on a machine that does not know it."""


@dataclass(frozen=True)
class Example:
    """One program's configuration: what to put into which files."""

    program: str
    files: tuple[File, ...]


def example(program: str, client: Client, issuer: str) -> Example:
    """The configuration of a component.

    Raises LookupError, with the reason in Spanish, where there is none for this kind of component.
    """
    methods, render = _PROGRAMS[program]
    service = "authorization_code" not in client.grant_types
    if service != (program == "curl"):
        raise LookupError(f"no hay ejemplo de {program} para estos `grant_types`")
    if client.fapi2 and program != "openid-client":
        raise LookupError("con `profile: fapi2` solo hay ejemplo para openid-client")
    if client.token_endpoint_auth_method not in methods:
        method = client.token_endpoint_auth_method
        raise LookupError(f"no hay ejemplo de {program} con `{method}`")
    return Example(program, render(client, issuer))


def usual_program(client: Client) -> str:
    """What most components of this kind are written with."""
    if "authorization_code" not in client.grant_types:
        return "curl"
    return "openid-client" if client.fapi2 else "spring"


_Render = Callable[[Client, str], tuple[File, ...]]
_PROGRAMS: dict[str, tuple[tuple[str, ...], _Render]] = {
    "spring": ((*SECRET, "none"), spring.render),
    "openid-client": (tuple(openid_client.PROOF), openid_client.render),
    "flask": ((*SECRET, "none"), flask.render),
    "apache": ((*SECRET, "private_key_jwt"), apache.render),
    "curl": (SECRET, curl.render),
}
PROGRAMS = tuple(_PROGRAMS)

__all__ = ["NO_ISSUER", "PROGRAMS", "Example", "File", "example", "usual_program"]
