"""What `idp clients add` prints: all that the component's developer needs, in one piece."""

from __future__ import annotations

from typing import Any

from idp.clients.client import Client
from idp.clients.examples import NO_ISSUER, Example, example
from idp.clients.examples.spring import LEFT_PATH, REDIRECT_PATH
from idp.clients.examples.texts import origin, path


def added(
    client: Client, secret: str | None, issuer: str | None, program: str, *, file: str, own: bool,
    as_json: bool,
) -> Any:  # fmt: skip
    """A text for people, or data for programs. secret: this is the only time that it is shown.

    own: whether the file is the one that this installation reads.
    """
    found: Example | None = None
    notes = []
    try:
        found = example(program, client, issuer or NO_ISSUER)
    except LookupError as error:
        notes.append(str(error))
    if issuer is None:
        notes.append(f"aquí no hay IDP_ISSUER: donde dice {NO_ISSUER}, ponga el emisor")
    notes += _advice(client, program)
    if as_json:
        files = [{"file": one.name, "text": one.text} for one in found.files] if found else []
        return {
            "client_id": client.client_id,
            "client_secret": secret,
            "issuer": issuer,
            "file": file,
            "configuration": {"for": program, "files": files} if found else None,
            "notes": notes,
        }
    registered = f"{client.client_id} quedó registrado en {file}"
    head = [registered, in_force(own=own)]
    return "\n".join(head + _lines(client, secret, issuer, found, notes))


def _advice(client: Client, program: str) -> list[str]:
    """What will be missed later, and how it is written for this program."""
    if not client.redirect_uris:
        return []
    first, notes = client.redirect_uris[0], []
    spring = program == "spring"
    if spring and not first.endswith(REDIRECT_PATH):
        notes.append(
            f"Spring espera la respuesta en {REDIRECT_PATH}; con otra ruta, dígala en "
            "redirectionEndpoint"
        )
    if spring and not any(one.endswith(LEFT_PATH) for one in client.post_logout_redirect_uris):
        notes.append(
            f"SecurityConfig vuelve a {origin(first)}{LEFT_PATH} después de salir: regístrela en "
            "post_logout_redirect_uris"
        )
    if program == "flask" and path(first) in ("/", "/login", "/logout"):
        notes.append(
            f"app.py usa {path(first)} para otra cosa: cambie allí esa ruta, o registre otra "
            "redirect_uri"
        )
    if client.initiate_login_uri is None:
        begins = f" (con Spring: {origin(first)}/oauth2/authorization/vuce)" if spring else ""
        notes.append(
            "sin --initiate-login-uri, quien tarda en ingresar (en contingencia, por correo) puede "
            f"ver un error al volver{begins}"
        )
    return notes


def _lines(
    client: Client, secret: str | None, issuer: str | None, found: Example | None, notes: list[str]
) -> list[str]:
    lines = [
        "",
        "para quien desarrolla el componente (guía: docs/integrar.md):",
        f"  emisor (issuer)  {issuer or NO_ISSUER}",
        f"  client_id        {client.client_id}",
    ]
    if secret:
        lines.append(f"  client_secret    {secret}   (no se vuelve a mostrar)")
    if found:
        where = ", con el secreto en la variable VUCE_CLIENT_SECRET" if secret else ""
        for one in found.files:
            lines += ["", f"{one.name}{where}:", "", one.text.rstrip("\n")]
            where = ""
    return [*lines, *([""] if notes else []), *(f"nota: {one}" for one in notes)]


def in_force(*, own: bool) -> str:
    """From when a change counts, and where."""
    if not own:
        return "este no es el archivo de esta instalación: rige donde IDP_CLIENTS_FILE lo nombre"
    return (
        "rige en un segundo en todos los procesos de este equipo, sin reinicio (o al recibir "
        "SIGHUP); los demás equipos necesitan el mismo archivo"
    )
