"""`idp users export --person REALM IDENTIFIER`: all that is kept of one person, for that person.

Exit codes: 0 done, 1 nobody there or it could not be written, 2 misuse.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from idp.cli.persons import check_reason, person_named
from idp.cli.private_file import private_file
from idp.kernel.errors import IdpError
from idp.kernel.identity import REALMS
from idp.privacy.readable import readable
from idp.web.i18n import LANGUAGES, SOURCE

if TYPE_CHECKING:
    from idp.cli.context import Context

TEMPLATE = "cuenta/copia.html"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Those of one person's copy."""
    parser.add_argument(
        "--person",
        nargs=2,
        metavar=("REALM", "IDENTIFIER"),
        help="one person's copy of all that is kept of them (their right of access), instead of "
        "everybody as a CSV file",
    )
    parser.add_argument("--format", choices=("json", "html"), help="of the copy (default: json)")
    parser.add_argument(
        "--language", choices=tuple(LANGUAGES), help=f"of an HTML copy (default: {SOURCE})"
    )


def run(args: argparse.Namespace, context: Context) -> int:
    """Write it to a file for its owner alone, or print it."""
    realm, identifier = args.person
    if realm not in REALMS:
        raise IdpError("person_unknown", detail=f"the realm is one of {', '.join(REALMS)}")
    services = context.services
    person = person_named(services.people, realm, identifier)
    check_reason(args.reason, person)
    dossier = services.personal.dossiers.of(person.id, actor=context.actor, purpose=args.reason)
    if args.format == "html":
        text = services.documents.render(
            TEMPLATE,
            args.language or SOURCE,
            chapters=readable(dossier),
            made_at=dossier.made_at,
            name=person.name,
            issuer=dossier.issuer,
        )
    else:
        text = dossier.to_json()
    entries = sum(len(one.entries) for one in dossier.sections)
    if args.file is None:
        print(text)
        return 0
    with private_file(args.file) as file:
        file.write(text)
    told = {"id": person.id, "entries": entries, "file": str(args.file)}
    context.out(told if context.as_json else f"{entries} entries of one person: {args.file}")
    return 0
