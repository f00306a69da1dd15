"""An OAuth request as Authlib wants it, free of the web framework's globals.

Query and body are never mixed: `/authorize` reads the one that its method names, the token
endpoint only the body (RFC 6749 §3.1, §3.2). A parameter without a value counts as omitted (§3.1).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import OAuth2Payload

from idp.oidc.ports import Pairs
from idp.oidc.records import Grant

Surface = Literal["authorize", "par", "token", "revoke", "introspect", "logout"]


class Parameters(OAuth2Payload):  # type: ignore[misc]
    """Request parameters in their order; `data` holds the first value of each name."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.pairs: Pairs = tuple((name, value) for name, value in pairs if value != "")
        self._lists: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in self.pairs:
            self._lists[name].append(value)
        self._data = {name: values[0] for name, values in self._lists.items()}

    @property
    def data(self) -> dict[str, str]:
        """The first value of each parameter."""
        return self._data

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        """Every value of each parameter."""
        return self._lists

    @property
    def repeated(self) -> list[str]:
        """Names that came more than once (RFC 6749 §3.1 forbids it)."""
        return sorted(name for name, values in self._lists.items() if len(values) > 1)


class ProviderRequest(OAuth2Request):  # type: ignore[misc]
    """A request to one of our endpoints.

    uri: built from the configured issuer, never from the Host header. address_prefix: where it
    comes from. proof: the `DPoP` header (RFC 9449 §4.1). payload: what counts; that of a pushed, a
    signed or a parked request takes the place of what was sent.
    transaction_id, pushed: what the code that answers it consumes. answer, grant: what a token
    request brought.
    """

    def __init__(
        self,
        *,
        surface: Surface,
        method: str,
        uri: str,
        headers: Mapping[str, str],
        pairs: Iterable[tuple[str, str]],
        address_prefix: str = "unknown",
        proof: str | None = None,
    ) -> None:
        super().__init__(method, uri, headers=headers)
        self.surface: Surface = surface
        self.payload = Parameters(pairs)
        self.address_prefix = address_prefix
        self.proof = proof
        self.transaction_id: str | None = None
        self.pushed: str | None = None
        self.answer: dict[str, Any] = {}
        self.grant: Grant | None = None

    @property
    def form(self) -> dict[str, str]:
        """The parameters, as Authlib's token endpoint reads them."""
        return self.parameters.data

    @property
    def args(self) -> dict[str, str]:
        """The parameters, as Authlib's authorization endpoint reads them."""
        return self.parameters.data

    @property
    def parameters(self) -> Parameters:
        """The payload with its real type."""
        payload: Parameters = self.payload
        return payload
