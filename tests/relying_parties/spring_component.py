"""The Spring Security application beside this file, run as a component."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.relying_parties.install import JAR, SPRING, spring_ready
from tests.relying_parties.programs import cannot_be_had, find, free_port, running

# A small heap and no optimising compiler: it starts in three seconds and serves a few requests.
JVM = ("-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


def jar() -> Path:
    """The runnable component, or its tests are skipped."""
    if find("java") is None or not spring_ready():
        cannot_be_had(
            "a Spring Security component needs Java 17 and Maven (on Debian: "
            "default-jdk-headless, maven), and `python -m tests.relying_parties.install`"
        )
    return JAR


@dataclass(frozen=True)
class Component:
    """A component: what clients.yaml says of it, and where it is."""

    client_id: str
    secret: str
    port: int = field(default_factory=free_port)

    def url(self, path: str = "/") -> str:
        return f"http://localhost:{self.port}{path}"

    def block(self, **more: Any) -> dict[str, Any]:
        """Its entry in clients.yaml, but for the hash of its secret."""
        return {
            "client_id": self.client_id,
            "client_name": "Componente Spring",
            "client_uri": self.url(),
            "redirect_uris": [self.url("/login/oauth2/code/vuce")],
            "post_logout_redirect_uris": [self.url("/salida")],
            "initiate_login_uri": self.url("/ingresar"),
            "state_lifetime": 1800,
            "scope": "openid profile email vuce",
            "grant_types": ["authorization_code", "refresh_token"],
            "backchannel_logout_uri": self.url("/logout/connect/back-channel/vuce"),
            **more,
        }


@contextmanager
def started(component: Component, issuer: str, log: Path) -> Iterator[Component]:
    """Run it until the end of the block. Every use of the access token renews it first."""
    environment = {
        "VUCE_ISSUER": issuer,
        "VUCE_CLIENT_ID": component.client_id,
        "VUCE_CLIENT_SECRET": component.secret,
        "VUCE_RENOVAR_ANTES": "1d",
        "PORT": str(component.port),
    }
    command = (str(find("java")), *JVM, "-jar", str(jar()))
    ready = component.url("/salida")
    with running(command, ready, log, cwd=SPRING, environment=environment):
        yield component
