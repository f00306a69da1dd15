"""openid-client for Node.js, run as a component around the module that `idp clients add` printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from joserfc.jwk import ECKey

from tests.relying_parties.component import Component, printed
from tests.relying_parties.install import NODE, node_ready
from tests.relying_parties.programs import cannot_be_had, find, free_port, running
from tests.relying_parties.stack import Stack


@contextmanager
def node(stack: Stack, folder: Path, *, fapi2: bool, called: str = "") -> Iterator[Component]:
    """fapi2: with pushed requests, DPoP and private_key_jwt, its keys at a jwks_uri of its own."""
    program = find("node")
    if program is None or not node_ready():
        cannot_be_had(
            "openid-client needs Node.js 20 (on Debian: nodejs, npm), and "
            "`python -m tests.relying_parties.install`"
        )
    port = free_port()
    here = f"http://localhost:{port}"
    words = (
        "--for", "openid-client", "--refresh",
        "--redirect-uri", f"{here}/retorno",
        "--post-logout-redirect-uri", f"{here}/salida",
        "--initiate-login-uri", f"{here}/ingresar",
    )  # fmt: skip
    if fapi2:
        words += ("--profile", "fapi2", "--jwks-uri", f"{here}/jwks.json")
    name = called or ("openid-client-fapi2" if fapi2 else "openid-client")
    told = stack.add(name, *words)
    printed(told, folder)
    (folder / "node_modules").symlink_to(NODE / "node_modules")
    key = ECKey.generate_key("P-256", {"kid": "componente", "alg": "ES256", "use": "sig"})
    (folder / "key.json").write_text(json.dumps(key.as_dict(private=True)))
    environment = {
        "PORT": str(port),
        "VUCE": str(folder / "vuce.mjs"),
        "VUCE_ISSUER": stack.issuer,
        "VUCE_CLIENT_SECRET": told["client_secret"] or "",
        "VUCE_CLIENT_KEY": str(folder / "key.json"),
        "JWKS": json.dumps({"keys": [key.as_dict(private=False)]}),
    }
    command = (str(program), str(NODE / "server.mjs"))
    ready = f"{here}/salida"
    with running(command, ready, folder / "log", cwd=folder, environment=environment):
        yield Component(
            name=name,
            home=f"{here}/",
            initiate=f"{here}/ingresar",
            after_logout=f"{here}/salida",
            leave=lambda visitor: visitor.go(f"{here}/salir"),
        )
