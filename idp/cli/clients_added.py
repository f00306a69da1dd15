"""What `idp clients add` prints: all that the component's developer needs, in one piece."""

from __future__ import annotations

from typing import Any

from idp.clients.client import Client
from idp.clients.examples import NO_ISSUER, Example, example

_SPRING_PATH = "/login/oauth2/code/vuce"


def added(
    client: Client, secret: str | None, issuer: str | None, program: str, *, file: str,
    as_json: bool,
) -> Any:  # fmt: skip
    """A text for people, or data for programs. secret: this is the only time that it is shown."""
    found: Example | None = None
    notes = []
    try:
        found = example(program, client, issuer or NO_ISSUER)
    except LookupError as error:
        notes.append(str(error))
    if issuer is None:
        notes.append(f"aquí no hay IDP_ISSUER: donde dice {NO_ISSUER}, ponga el emisor")
    if found and program == "spring" and not client.redirect_uris[0].endswith(_SPRING_PATH):
        notes.append(
            f"Spring espera la respuesta en {_SPRING_PATH}; con otra ruta, dígala en "
            "redirectionEndpoint (docs/integrar.md)"
        )
    if as_json:
        return {
            "client_id": client.client_id,
            "client_secret": secret,
            "issuer": issuer,
            "file": file,
            "configuration": (
                {"for": found.program, "file": found.file, "text": found.text} if found else None
            ),
            "notes": notes,
        }
    return "\n".join(_lines(client, secret, issuer, file, found, notes))


def _lines(
    client: Client, secret: str | None, issuer: str | None, file: str, found: Example | None,
    notes: list[str],
) -> list[str]:  # fmt: skip
    lines = [
        f"{client.client_id} quedó registrado en {file}",
        "rige en un segundo en todos los procesos de este equipo; "
        "los demás equipos necesitan el mismo archivo",
        "",
        "para quien desarrolla el componente (guía: docs/integrar.md):",
        f"  emisor (issuer)  {issuer or NO_ISSUER}",
        f"  client_id        {client.client_id}",
    ]
    if secret:
        lines.append(f"  client_secret    {secret}   (no se vuelve a mostrar)")
    if found:
        where = "con el secreto en la variable VUCE_CLIENT_SECRET" if secret else ""
        lines += ["", f"{found.file} {where}".rstrip() + ":", "", found.text.rstrip("\n")]
    return [*lines, *([""] if notes else []), *(f"nota: {one}" for one in notes)]
