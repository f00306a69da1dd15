"""What a process reads or judges at its start beyond its settings: keys, clients.yaml, which needs
them, the keys of personal data, and the captcha's.
"""

from __future__ import annotations

from idp.captcha.vendors import key_problems
from idp.clients.registry import ClientRegistry
from idp.kernel.clock import Clock
from idp.kernel.errors import StartError
from idp.kernel.random import Random
from idp.people.vault import Vault
from idp.settings import Settings
from idp.signing.key import ALGORITHMS
from idp.signing.keyring import Keyring


def keys_and_clients(
    settings: Settings, clock: Clock, random: Random
) -> tuple[Keyring, ClientRegistry, Vault]:
    """All read and checked. Raises StartError with the problems of all, and of the captcha."""
    problems: list[str] = []
    if settings.production:
        problems += key_problems(
            settings.captcha, settings.captcha_site_key, settings.captcha_secret
        )
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
            clock=clock,
        )
    except StartError as error:
        problems.extend(error.problems)
    vault: Vault | None = None
    try:
        vault = Vault(settings.data_keys, random=random)
    except StartError as error:
        problems.extend(error.problems)
    if keyring is None or clients is None or vault is None or problems:
        raise StartError(problems)
    return keyring, clients, vault
