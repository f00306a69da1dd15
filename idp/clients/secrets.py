"""Client secrets: 256 random bits, kept as SHA-256 only.

A random secret of this size needs no slow hash; a password hash at each token request would cost
more than the rest of the request.
"""

from __future__ import annotations

from datetime import datetime

from idp.clients.client import Client
from idp.kernel.ids import digest, same
from idp.kernel.random import Random

PREFIX = "sha256:"
# Stands in example files. No text with this hash is known, so it never matches; production
# refuses it all the same, because it means that a component was not finished.
PLACEHOLDER = "0" * 64


def new_secret(random: Random) -> tuple[str, str]:
    """A new secret (43 characters) and its hash as clients.yaml takes it (`sha256:<64 hex>`)."""
    secret = random.token(32)
    return secret, PREFIX + digest(secret)


def secret_matches(client: Client, presented: str, now: datetime) -> bool:
    """Whether `presented` is a secret of the client that is in force at `now`.

    Takes the same time whichever secret matches: all are compared, in constant time each.
    """
    # What arrived over the wire may hold lone surrogates, which UTF-8 refuses.
    hashed = digest(presented.encode("utf-8", "replace").decode("utf-8"))
    found = False
    for secret in client.secrets:
        found |= same(secret.sha256, hashed) & secret.in_force(now)
    return found
