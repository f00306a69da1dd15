"""Authlib in Flask, run as a component: the program that `idp clients add` printed, as it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.relying_parties.component import Component, printed
from tests.relying_parties.programs import free_port, running
from tests.relying_parties.stack import Stack


@contextmanager
def flask(stack: Stack, folder: Path) -> Iterator[Component]:
    """Log in at `/login`, log out by POST to `/logout`."""
    port = free_port()
    here = f"http://localhost:{port}"
    told = stack.add(
        "authlib", "--for", "flask",
        "--redirect-uri", f"{here}/callback",
        "--post-logout-redirect-uri", f"{here}/login",
        "--initiate-login-uri", f"{here}/login",
    )  # fmt: skip
    printed(told, folder)
    environment = {"VUCE_CLIENT_SECRET": told["client_secret"], "SECRET_KEY": "de pruebas"}
    command = (sys.executable, "-m", "flask", "--app", "app", "run", "--port", str(port))
    ready = f"{here}/callback"
    with running(command, ready, folder / "log", cwd=folder, environment=environment):
        yield Component(
            name="authlib",
            home=f"{here}/",
            initiate=f"{here}/login",
            after_logout=f"{here}/login",
            leave=lambda visitor: visitor.send(f"{here}/logout"),
        )
