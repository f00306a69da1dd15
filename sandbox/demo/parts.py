"""What the demo is made of: its ports, and the command of each child process."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"


# Who gives the orders that make the demo, for the audit log.
WHO = "demo"


@dataclass(frozen=True)
class Places:
    """Where the demo is: its folder, its keys, and what is added to each of its ports."""

    state: Path = Path(".demo")
    keys: Path = Path("keys")
    offset: int = 0

    def port(self, usual: int) -> int:
        """A port of this demo."""
        return usual + self.offset

    def url(self, usual: int) -> str:
        """What listens on that port, as browsers name it."""
        return f"http://localhost:{self.port(usual)}"

    @property
    def issuer(self) -> str:
        """The provider."""
        return self.url(8000)


@dataclass(frozen=True)
class Component:
    """A relying party of the demo. method: how it authenticates at the token endpoint."""

    client_id: str
    name: str
    port: int
    method: str = "client_secret_basic"
    form_post: bool = False


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


def children(places: Places) -> tuple[Child, ...]:
    """Everything beside Valkey, in the order in which it starts."""
    python = sys.executable
    idp = (python, "-m", "idp.cli")
    sandbox = (python, "-m", "sandbox.cli")
    sunat, mailbox, smtp = places.port(8100), places.port(8025), places.port(8026)
    issuer, console = places.port(8000), places.port(8010)
    callbacks = [f"{places.issuer}/upstream/{realm}/callback" for realm in ("sol", "extranet")]
    outside = (
        Child(
            "sunat",
            (
                *(*sandbox, "sunat", "--port", str(sunat), "--base-url", places.url(8100)),
                *(word for callback in callbacks for word in ("--original-url", callback)),
            ),
            (sunat,),
            f"http://{HOST}:{sunat}/healthz",
        ),
        Child(
            "mailbox",
            (*sandbox, "mailbox", "--http-port", str(mailbox), "--smtp-port", str(smtp)),
            (mailbox, smtp),
            f"http://{HOST}:{mailbox}/healthz",
        ),
    )
    provider = (
        Child("idp", (*idp, "serve"), (issuer,), f"http://{HOST}:{issuer}/readyz"),
        Child("worker", (*idp, "worker")),
        Child("prober", (*idp, "prober")),
        Child("console", (*idp, "console"), (console,), f"http://{HOST}:{console}/readyz"),
    )
    return (*outside, *provider, *(_component(one, places, sandbox) for one in COMPONENTS))


def _component(one: Component, places: Places, sandbox: tuple[str, ...]) -> Child:
    port = places.port(one.port)
    command = (
        *sandbox,
        "rp",
        one.name,
        *("--port", str(port), "--issuer", places.issuer, "--base-url", places.url(one.port)),
        *("--client-id", one.client_id, "--auth-method", one.method),
        *("--client-secret-file", str(places.state / "secrets" / one.client_id)),
        *(("--form-post",) if one.form_post else ()),
    )
    return Child(one.client_id, command, (port,), f"http://{HOST}:{port}/healthz")
