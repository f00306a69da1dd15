"""What the demo is made of: its ports, and the command of each child process."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
ISSUER = "http://localhost:8000"


@dataclass(frozen=True)
class Component:
    """A relying party of the demo. method: how it authenticates at the token endpoint."""

    client_id: str
    name: str
    port: int
    method: str = "client_secret_basic"
    form_post: bool = False

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://localhost:{self.port}"


COMPONENTS = (
    Component("mercancias-restringidas", "Mercancías Restringidas", 8001),
    Component("origen", "Origen", 8002, "client_secret_post", form_post=True),
    Component("gestion-autorizaciones", "Gestión de Autorizaciones", 8003),
)


@dataclass(frozen=True)
class Child:
    """One process. ports: what it listens on. health: a URL that answers 200 once it serves."""

    name: str
    command: tuple[str, ...]
    ports: tuple[int, ...] = ()
    health: str | None = None


def valkey(binary: Path, state: Path) -> Child:
    """The server of sessions, links and the queue, on a unix socket; it never evicts."""
    command = (
        str(binary),
        *("--port", "0"),
        *("--unixsocket", str((state / "valkey.sock").resolve())),
        *("--unixsocketperm", "700"),
        *("--maxmemory-policy", "noeviction"),
        *("--save", "", "--appendonly", "no"),
        *("--dir", str(state.resolve())),
    )
    return Child("valkey", command)


def children(state: Path) -> tuple[Child, ...]:
    """Everything beside Valkey, in the order in which it starts."""
    python = sys.executable
    idp = (python, "-m", "idp.cli")
    sandbox = (python, "-m", "sandbox.cli")
    outside = (
        Child(
            "sunat",
            (*sandbox, "sunat", "--port", "8100", "--base-url", "http://localhost:8100"),
            (8100,),
            "http://127.0.0.1:8100/healthz",
        ),
        Child(
            "mailbox",
            (*sandbox, "mailbox", "--http-port", "8025", "--smtp-port", "8026"),
            (8025, 8026),
            "http://127.0.0.1:8025/healthz",
        ),
    )
    provider = (
        Child("idp", (*idp, "serve"), (8000,), "http://127.0.0.1:8000/readyz"),
        Child("worker", (*idp, "worker")),
    )
    return (*outside, *provider, *(_component(one, state, sandbox) for one in COMPONENTS))


def _component(one: Component, state: Path, sandbox: tuple[str, ...]) -> Child:
    command = (
        *sandbox,
        "rp",
        one.name,
        *("--port", str(one.port), "--issuer", ISSUER, "--base-url", one.url),
        *("--client-id", one.client_id, "--auth-method", one.method),
        *("--client-secret-file", str(state / "secrets" / one.client_id)),
        *(("--form-post",) if one.form_post else ()),
    )
    return Child(one.client_id, command, (one.port,), f"http://127.0.0.1:{one.port}/healthz")
