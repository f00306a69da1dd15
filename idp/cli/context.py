"""What a command is given: settings and services on demand, and a way to print."""

from __future__ import annotations

import json
import os
import pwd
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from idp.kernel.errors import StartError
from idp.settings import Settings, load
from idp.wiring import Services, build_services, page_problems

DEMO_ENV = Path(".demo/demo.env")


def environment(environ: Mapping[str, str], demo_env: Path = DEMO_ENV) -> Mapping[str, str]:
    """The `IDP_*` variables to act on: the given ones, or the demo's where there are none."""
    if any(name.startswith("IDP_") for name in environ) or not demo_env.is_file():
        return environ
    found = dict(environ)
    for line in demo_env.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            found[name] = value.strip().strip("'\"")
    return found


Command = Callable[..., int]
_MARK = "goes_on_record"


class Nameless(Exception):
    """Root gives an order that goes on record without saying who it is, which `main` should have
    asked: the command lacks its `on_record`.
    """


def on_record(command: Command) -> Command:
    """Mark a command that leaves something on record: it names whoever gives it."""
    return on_record_when(lambda args: True)(command)


def on_record_when(does: Callable[[Any], bool]) -> Callable[[Command], Command]:
    """Mark one that does so by some of its arguments."""

    def mark(command: Command) -> Command:
        setattr(command, _MARK, does)
        return command

    return mark


def may_go_on_record(command: object) -> bool:
    """Whether a command is so marked."""
    return hasattr(command, _MARK)


def must_say_who(args: Any) -> bool:
    """Whether this order goes on record, by root, who has not said who that is. args: with `func`
    and `actor`.
    """
    does: Callable[[Any], bool] = getattr(args.func, _MARK, lambda args: False)
    return does(args) and not args.actor and is_root()


class Context:
    """One run of the command. as_json: print JSON. actor: who acts, the OS user by default."""

    def __init__(self, *, as_json: bool = False, actor: str | None = None) -> None:
        self.as_json = as_json
        self._actor = actor

    @property
    def actor(self) -> str:
        """The name for the audit log. Raises Nameless for root, who may be anybody."""
        if self._actor:
            return self._actor
        if is_root():
            raise Nameless
        return f"os:{_os_user()}"

    @cached_property
    def settings(self) -> Settings:
        """Raises SettingsError with every problem of the environment."""
        return load(environment(os.environ))

    @cached_property
    def services(self) -> Services:
        """The services, connected to nothing yet; watchers are not started."""
        return build_services(self.settings)

    def out(self, found: Any) -> None:
        """Print a text as it is, anything else as JSON; under `--json` always JSON."""
        if isinstance(found, str) and not self.as_json:
            print(found)
        else:
            json.dump(found, sys.stdout, ensure_ascii=False, indent=2, default=str)
            print()

    def note(self, text: str) -> None:
        """Something beside the answer, on stderr."""
        print(text, file=sys.stderr)

    def try_services(self, *, pages: bool = True) -> None:
        """Build the services, which reads keys and clients, and let go of them again. pages: with
        a look at what the pages of logins need.
        """
        _ = self.services
        problems = page_problems(self.services) if pages else []
        self.close()
        if problems:
            raise StartError(problems)

    def close(self) -> None:
        """Close what was opened."""
        if "services" in self.__dict__:
            self.services.stop()
            del self.services


def is_root() -> bool:
    """Whether this is the account that people share."""
    return os.geteuid() == 0


def _os_user() -> str:
    """The account's own name: the environment would let anybody be anybody."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"  # a container's number has no name
