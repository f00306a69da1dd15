"""`idp upstream report`: what is told of each contingency that is over, as HTML, PDF and JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.adapters.pdf.paper import pdf_of
from idp.cli.upstream_words import common, moment
from idp.kernel.errors import IdpError
from idp.signing.audit_keys import TrustedAuditKeys
from idp.upstream_status.incident import Report
from idp.upstream_status.incident_paper import paper_of
from idp.web.plot import svg
from idp.web.report import Paper

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_actions(actions: Any) -> None:
    """`idp upstream report [ID|--last] [--out FOLDER]`, `--verify FILE [--key FILE]`."""
    report = actions.add_parser("report", help="contingencies that are over: the list, or one")
    report.add_argument("incident", nargs="?", metavar="ID", help="such as sol-12")
    report.add_argument("--last", action="store_true", help="the newest one")
    report.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write ID.html, ID.pdf, ID.json and ID.jws there"
    )
    report.add_argument(
        "--verify", type=Path, metavar="FILE", help="a .jws: whether it is signed, and what it says"
    )
    report.add_argument(
        "--key", type=Path, metavar="FILE", help="public audit key (JWK); this system's by default"
    )
    common(report)
    report.set_defaults(func=_report)


def _report(args: argparse.Namespace, context: Context) -> int:
    if args.verify is not None:
        return _verify(args, context)
    incidents = context.services.switch.incidents
    if args.incident is None and not args.last:
        _list(context)
        return 0
    if args.incident is None:
        newest = incidents.all(limit=1)
        if not newest:
            raise IdpError("incident_unknown", detail="there was no contingency yet")
        found = newest[0]
    else:
        found = incidents.report(args.incident)
    if args.out is None:
        context.out({**found.content, "signature": found.signature or None})
        return 0
    written = write(found, args.out, context)
    context.out([str(path) for path in written])
    return 0


def _verify(args: argparse.Namespace, context: Context) -> int:
    """Without the database: a key and a file are enough."""
    if args.key is not None:
        keys = TrustedAuditKeys.read(args.key)
    else:
        keys = TrustedAuditKeys(context.services.audit_room.keys.jwks())
    try:
        kid, content = keys.open(args.verify.read_text(encoding="ascii").strip())
    except OSError as error:
        raise IdpError("file_unreadable", detail=f"{args.verify}: {error.strerror}") from error
    except ValueError as error:
        context.note(f"{args.verify}: not signed by the audit key ({error})")
        return 1
    if content.get("type") != "incident":
        context.note(f"{args.verify}: signed, but it is no report on a contingency")
        return 1
    context.note(f"signed by {kid}")
    context.out(content)
    return 0


def _list(context: Context) -> None:
    incidents = context.services.switch.incidents
    made, running = incidents.all(limit=100), incidents.running()
    if context.as_json:
        context.out(
            [
                *({"id": one.id, "began": one.began, "ended": None} for one in running),
                *(
                    {
                        "id": one.id,
                        "began": one.began,
                        "ended": one.ended,
                        "people_served": one.content["figures"]["people_served"],
                        "people_not_served": one.content["figures"]["people_not_served"],
                    }
                    for one in made
                ),
            ]
        )
        return
    lines = [f"{one.id:<14} {moment(one.began)}  lasts" for one in running]
    lines += [
        f"{one.id:<14} {moment(one.began)} to {moment(one.ended)}  "
        f"{one.content['figures']['people_served']} served, "
        f"{one.content['figures']['people_not_served']} not"
        for one in made
    ]
    context.out("\n".join(lines) or "there was no contingency yet")


def write(report: Report, folder: Path, context: Context) -> list[Path]:
    """Each form of a report in a folder. Raises IdpError("file_unwritable")."""
    services = context.services
    labels = {one.realm: one.label for one in services.settings.upstreams}
    names = {one.client_id: one.client_name for one in services.clients.all()}
    paper = paper_of(report, label=labels.get(report.realm, report.realm), names=names)
    forms = {
        "html": html_of(paper, context).encode(),
        "pdf": pdf_of(paper, report.made_at),
        "json": (json.dumps(dict(report.content), ensure_ascii=False, indent=1) + "\n").encode(),
    }
    if report.signature:
        forms["jws"] = (report.signature + "\n").encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, content in forms.items():
            (folder / f"{report.id}.{kind}").write_bytes(content)
    except OSError as error:
        raise IdpError("file_unwritable", detail=f"{error.filename}: {error.strerror}") from error
    return [folder / f"{report.id}.{kind}" for kind in forms]


def html_of(paper: Paper, context: Context) -> str:
    """As a page that stands alone."""
    return context.services.documents.render("informe/informe.html", paper=paper, drawn=svg)
