"""The demo's state in `.demo/`: made on the first start, used again afterwards.

Secrets are generated here and never leave the folder, which git ignores.
"""

from __future__ import annotations

import csv
import io
import os
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from sandbox.demo.parts import COMPONENTS, Places
from sandbox.people import PEOPLE, STANDARD_CLAIMS, SandboxPerson, standard_claims

PLACEHOLDER = "sha256:" + "0" * 64
# Where `make manual` puts it; without it the demo's /ayuda has no pictures.
MANUAL = Path("build/manual")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def demo_environment(places: Places, secret_key: str) -> dict[str, str]:
    """The provider's settings in the demo."""
    sunat, state = places.url(8100), places.state.resolve()
    return {
        "IDP_ENV": "development",
        "IDP_ISSUER": places.issuer,
        "IDP_BIND": f"127.0.0.1:{places.port(8000)}",
        "IDP_ADMIN_BIND": f"127.0.0.1:{places.port(8010)}",
        "IDP_SECRET_KEY": secret_key,
        "IDP_DATABASE_URL": f"sqlite:///{state / 'idp.sqlite3'}",
        "IDP_REDIS_URL": f"unix://{state / 'valkey.sock'}",
        "IDP_CLIENTS_FILE": str(state / "clients.yaml"),
        "IDP_KEYS_DIR": str(places.keys.resolve()),
        "IDP_SMTP_URL": f"smtp://127.0.0.1:{places.port(8026)}",
        "IDP_MAIL_FROM": "VUCE <no-responder@vuce.example>",
        "IDP_ADMIN_EMAILS": "turno@vuce.example",
        "IDP_OUTBOUND_ALLOW": "127.0.0.1/32,::1/128",
        "IDP_SOL_BASE_URL": sunat,
        "IDP_SOL_CLIENT_ID": "vuce-sol",
        "IDP_SOL_CLIENT_SECRET": "sandbox-sunat-secret",
        "IDP_EXTRANET_BASE_URL": sunat,
        "IDP_EXTRANET_CLIENT_ID": "vuce-extranet",
        "IDP_EXTRANET_CLIENT_SECRET": "sandbox-sunat-secret",
        "IDP_SUNAT_LOGOUT_URL": f"{sunat}/cerrar",
        "IDP_ALTCHA_COST": "1000",
        "IDP_AUDIT_CHECKPOINTS_FILE": str(state / "checkpoints.jws"),
        **({"IDP_MANUAL_DIR": str(MANUAL.resolve())} if (MANUAL / "imagenes").is_dir() else {}),
    }


def prepare(places: Places, clients_yaml: Path) -> dict[str, str]:
    """Make what is missing; the environment of the provider's processes."""
    state = places.state
    state.mkdir(mode=0o700, exist_ok=True)
    key_file = state / "secrets" / "secret_key"
    if not key_file.exists():
        write_private(key_file, secrets.token_urlsafe(48))
    environment = demo_environment(places, key_file.read_text())
    lines = "".join(f"{name}={value}\n" for name, value in environment.items())
    write_private(state / "demo.env", lines)
    text = clients_yaml.read_text(encoding="utf-8")
    for component in COMPONENTS:
        text = text.replace(f"//localhost:{component.port}", places.url(component.port)[5:])
    write_private(state / "clients.yaml", _clients(state, text))
    return environment


def _clients(state: Path, text: str) -> str:
    """The committed clients.yaml with the hash of each component's own secret."""
    parts = text.split(PLACEHOLDER)
    if len(parts) != len(COMPONENTS) + 1:
        raise SystemExit("demo: clients.yaml no longer has one placeholder for each component")
    found = parts[0]
    for component, rest in zip(COMPONENTS, parts[1:], strict=True):
        file = state / "secrets" / component.client_id
        if not file.exists():
            write_private(file, secrets.token_urlsafe(32))
        found += "sha256:" + sha256(file.read_text().encode()).hexdigest() + rest
    return found


def people_csv(people: Iterable[SandboxPerson] = PEOPLE) -> str:
    """The seeded people in the form that `idp users import` takes."""
    now = datetime.now(UTC).replace(microsecond=0)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        [
            "realm",
            "ruc",
            "usuario",
            "name",
            "email",
            "email_verified_at",
            "consent_at",
            "last_login_at",
            *STANDARD_CLAIMS,
        ]
    )
    for one in people:
        if one.seeded:
            contact = (now - timedelta(days=one.days)).isoformat()
            writer.writerow(
                (
                    one.realm,
                    one.ruc,
                    one.usuario,
                    one.name,
                    one.email or "",
                    contact if one.verified and one.email else "",
                    contact if one.consent else "",
                    (now - timedelta(days=one.seen)).isoformat(),
                    *standard_claims(one).values(),
                )
            )
    return out.getvalue()
