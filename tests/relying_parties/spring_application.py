"""Builds the Spring Security application beside this file, and runs it as a component."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

PROJECT = Path(__file__).resolve().parent / "spring"
JAR = PROJECT / "target" / "componente.jar"
# A small heap and no optimising compiler: it starts in three seconds and serves a few requests.
JVM = ("-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
HOW_TO = "a Spring Security component needs Java 17 and Maven (on Debian: {})"
_PACKAGES = {"java": "openjdk-17-jdk-headless", "javac": "openjdk-17-jdk-headless", "mvn": "maven"}


def missing() -> str | None:
    """Why the component cannot be had on this machine, or None."""
    wanted = [package for tool, package in _PACKAGES.items() if shutil.which(tool) is None]
    return HOW_TO.format(", ".join(dict.fromkeys(wanted))) if wanted else None


def build() -> Path:
    """The runnable jar; made when a source is newer, from the network only when it must."""
    sources = (PROJECT / "pom.xml", *(PROJECT / "src").rglob("*"))
    if JAR.exists() and JAR.stat().st_mtime > max(one.stat().st_mtime for one in sources):
        return JAR
    command = ["mvn", "--batch-mode", "--quiet", "-DskipTests", "package"]
    said = ""
    for more in (["--offline"], []):
        done = subprocess.run(
            [*command, *more], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        if done.returncode == 0:
            return JAR
    raise RuntimeError(said[-4_000:])


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


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
def running(component: Component, issuer: str, log: Path) -> Iterator[Component]:
    """Run it until the end of the block. Every use of the access token renews it first."""
    environment = {
        **os.environ,
        "VUCE_ISSUER": issuer,
        "VUCE_CLIENT_ID": component.client_id,
        "VUCE_CLIENT_SECRET": component.secret,
        "VUCE_RENOVAR_ANTES": "1d",
        "PORT": str(component.port),
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["java", *JVM, "-jar", str(build())], env=environment, stdout=out, stderr=out
        )
        try:
            _wait(process, component.url("/salida"), log)
            yield component
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 90
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise RuntimeError("the component did not start: " + log.read_text(errors="replace")[-4_000:])
