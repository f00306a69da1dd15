"""The files that a process reads at its start: keys, and clients.yaml, which needs them."""

from __future__ import annotations

from idp.clients.registry import ClientRegistry
from idp.kernel.clock import Clock
from idp.kernel.errors import StartError
from idp.settings import Settings
from idp.signing.key import ALGORITHMS
from idp.signing.keyring import Keyring


def keys_and_clients(settings: Settings, clock: Clock) -> tuple[Keyring, ClientRegistry]:
    """Both, read and checked. Raises StartError with the problems of both."""
    problems: list[str] = []
    keyring: Keyring | None = None
    clients: ClientRegistry | None = None
    try:
        keyring = Keyring.load(settings.keys_dir, clock=clock)
    except StartError as error:
        problems.extend(error.problems)
    try:
        clients = ClientRegistry(
            settings.clients_file,
            realms=tuple(one.realm for one in settings.upstreams),
            # A component that wants signatures of a kind that there is no key for is a mistake.
            algorithms=lambda: keyring.algorithms if keyring else ALGORITHMS,
            production=settings.production,
        )
    except StartError as error:
        problems.extend(error.problems)
    if keyring is None or clients is None:
        raise StartError(problems)
    return keyring, clients
