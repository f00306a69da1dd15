"""`id_token_hint`: an ID token of ours that tells whom a request is about."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError

from idp.oidc.component import Component
from idp.signing.keyring import InvalidToken, Keyring


class Hints:
    """Reads hints. Signed by a key that was retired meanwhile they still count; neither an access
    token nor a logout token passes for one.
    """

    def __init__(self, *, keyring: Keyring, issuer: str) -> None:
        self._keyring = keyring
        self._issuer = issuer

    def claims(self, id_token: str) -> dict[str, Any] | None:
        """What it says, also after its `exp` (Core §3.1.2.1); None for what is none of ours."""
        try:
            claims: dict[str, Any] = self._keyring.verify(id_token)
        except InvalidToken:
            return None
        return claims if claims.get("iss") == self._issuer else None

    def subject(
        self, id_token: str | None, component: Component, claimed: str | None
    ) -> str | None:
        """The `sub` that a request is about, or None for anybody.

        claimed: what its `claims` ask for (Core §5.5.1). Raises InvalidRequestError for a hint
        that is not this component's ID token, and for two that disagree.
        """
        if id_token is None:
            return claimed
        found = self.claims(id_token)
        if found is None or found.get("aud") != component.client_id:
            raise InvalidRequestError("The id_token_hint is not an ID token of this client.")
        subject = str(found.get("sub"))
        if claimed not in (None, subject):
            raise InvalidRequestError("id_token_hint and claims are about different subjects.")
        return subject
