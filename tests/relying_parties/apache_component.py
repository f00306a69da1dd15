"""Apache with mod_auth_openidc, run as a component by the configuration that `idp clients add`
printed, in front of an application that shows what it is told.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

from tests.relying_parties.component import Component, printed
from tests.relying_parties.programs import cannot_be_had, find, free_port, running
from tests.relying_parties.stack import Stack

_MODULES = Path("/usr/lib/apache2/modules")
_NEEDED = (
    "mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "proxy", "proxy_http",
)  # fmt: skip
_CLAIM = "oidc_claim_"


class _Application(BaseHTTPRequestHandler):
    """Says the claims that Apache's headers tell it."""

    def do_GET(self) -> None:
        found = {
            name.lower().removeprefix(_CLAIM): value
            for name, value in self.headers.items()
            if name.lower().startswith(_CLAIM)
        }
        found["path"] = self.path
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the test's output is the test's."""


@contextmanager
def _application() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Application) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def _main_file(folder: Path, port: int, application: int) -> str:
    # Apache started by root serves as somebody else.
    served_as = "User www-data\nGroup www-data\n" if os.geteuid() == 0 else ""
    modules = "".join(f"LoadModule {one}_module {_MODULES}/mod_{one}.so\n" for one in _NEEDED)
    return f"""\
ServerName localhost
ServerRoot "{folder}"
DefaultRuntimeDir "{folder}"
PidFile "{folder}/pid"
ErrorLog "{folder}/error.log"
{served_as}{modules}Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
    Include "{folder}/vuce.conf"
    <Location /salida>
        AuthType None
        Require all granted
    </Location>
    ProxyPass / http://127.0.0.1:{application}/
</VirtualHost>
"""


@contextmanager
def apache(stack: Stack, folder: Path, *, name: str = "apache") -> Iterator[Component]:
    """Its redirect_uri is its logout, its initiate_login_uri and its back channel as well."""
    program = find("apache2")
    if program is None or not (_MODULES / "mod_auth_openidc.so").exists():
        cannot_be_had(
            "Apache is not installed with OpenID Connect (on Debian: apache2-bin, "
            "libapache2-mod-auth-openidc)"
        )
    port = free_port()
    here = f"http://localhost:{port}"
    told = stack.add(
        name, "--for", "apache",
        "--redirect-uri", f"{here}/retorno",
        "--client-uri", f"{here}/",
        "--post-logout-redirect-uri", f"{here}/salida",
        "--initiate-login-uri", f"{here}/retorno",
        "--backchannel-logout-uri", f"{here}/retorno?logout=backchannel",
    )  # fmt: skip
    printed(told, folder)
    environment = {"VUCE_CLIENT_SECRET": told["client_secret"], "VUCE_COOKIE_KEY": "de pruebas"}
    leaving = f"{here}/retorno?" + urlencode({"logout": f"{here}/salida"})
    with _application() as application:
        (folder / "httpd.conf").write_text(_main_file(folder, port, application))
        command = (str(program), "-f", str(folder / "httpd.conf"), "-D", "FOREGROUND")
        log, ready = folder / "log", f"{here}/salida"
        with running(command, ready, log, cwd=folder, environment=environment):
            yield Component(
                name=name,
                home=f"{here}/",
                initiate=f"{here}/retorno",
                after_logout=f"{here}/salida",
                leave=lambda visitor: visitor.go(leaving),
            )
