"""Access tokens as they are presented: found, judged, and answered at userinfo."""

from __future__ import annotations

from typing import Any, Protocol

from idp.clients.client import Client
from idp.clients.registry import ClientRegistry
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.ids import same
from idp.kernel.ports import Presented, Program, TokenRefused
from idp.oidc.dpop import DPoP
from idp.oidc.errors import InvalidDPoPProofError
from idp.oidc.ports import AccessStore
from idp.oidc.records import AccessRecord, Grant
from idp.oidc.tokens import JWT_TYP, jwt_digest, opaque_digest
from idp.people.attributes import claim, claim_scope, claims
from idp.people.person import Person
from idp.signing.keyring import InvalidToken, Keyring


class PresentedTokens:
    """Finds what a presented token stands for."""

    def __init__(
        self,
        *,
        store: AccessStore,
        clients: ClientRegistry,
        keyring: Keyring,
        clock: Clock,
        issuer: str,
    ) -> None:
        self._store = store
        self._clients = clients
        self._keyring = keyring
        self._clock = clock
        self._issuer = issuer

    def find(self, token: str, *, redis_may_be_down: bool = False) -> AccessRecord | None:
        """The live token, or None; those of a disabled component are none.

        redis_may_be_down: a JWT then counts by its signature alone; whether it was revoked cannot
        be known meanwhile, and it lives for minutes.
        """
        found = self.find_with_digest(token, redis_may_be_down=redis_may_be_down)
        return found[1] if found else None

    def find_with_digest(
        self, token: str, *, redis_may_be_down: bool = False
    ) -> tuple[str, AccessRecord] | None:
        """The same, with the digest that it is stored under."""
        claims = self._jwt(token) if "." in token else None
        if "." in token and claims is None:
            return None
        stored_as = jwt_digest(claims["jti"]) if claims else opaque_digest(token)
        try:
            record = self._store.get(stored_as, self._clock.timestamp())
        except Unavailable:
            if claims is None or not redis_may_be_down:
                raise
            record = _by_itself(claims)
        if record is None:
            return None
        client = self._clients.get(record.grant.client_id)
        return (stored_as, record) if client is not None and not client.disabled else None

    def _jwt(self, token: str) -> dict[str, Any] | None:
        """RFC 9068 §4."""
        try:
            found: dict[str, Any] = self._keyring.verify(token, typ=JWT_TYP)
        except InvalidToken:
            return None
        audience = found.get("aud")
        ours = self._issuer in (audience if isinstance(audience, list) else [audience])
        late = found["exp"] <= self._clock.timestamp()
        return found if found.get("iss") == self._issuer and ours and not late else None


def _by_itself(claims: dict[str, Any]) -> AccessRecord:
    """What a JWT of ours says, where nothing else can be asked."""
    grant = Grant(
        client_id=claims["client_id"], scope=claims["scope"], grant_id="", sub=claims["sub"]
    )
    return AccessRecord(grant, claims["iat"], claims["exp"], claims.get("cnf", {}).get("jkt"))


class FindsPeople(Protocol):
    """What is needed of the directory."""

    def get(self, person_id: str) -> Person | None:
        """The person, or None."""
        ...

    def find_sub(self, sub: str) -> Person | None:
        """The person of a public `sub`, or None."""
        ...


class Possession:
    """Whether who presents a bound token holds its key."""

    def __init__(self, dpop: DPoP) -> None:
        self._dpop = dpop

    def check(self, presented: Presented, record: AccessRecord) -> None:
        """RFC 9449 §7: a bound token comes with a proof, an unbound one without. Raises
        TokenRefused.
        """
        if record.jkt is None:
            if presented.scheme == "dpop":
                raise TokenRefused(401, "invalid_token", "The token is a bearer token.", "DPoP")
            return
        if presented.scheme != "dpop" or presented.proof is None:
            raise TokenRefused(401, "invalid_token", "The token needs a proof (DPoP).", "DPoP")
        try:
            key = self._dpop.key_of(
                presented.proof,
                method=presented.method,
                uri=presented.uri,
                access_token=presented.token,
            )
        except InvalidDPoPProofError as error:
            raise TokenRefused(401, "invalid_dpop_proof", error.description, "DPoP") from error
        if not same(key, record.jkt):
            raise TokenRefused(401, "invalid_token", "The token is bound to another key.", "DPoP")


def _unknown(presented: Presented) -> TokenRefused:
    scheme = "DPoP" if presented.scheme == "dpop" else "Bearer"
    return TokenRefused(401, "invalid_token", "The access token is unknown or has ended.", scheme)


class ServiceTokens:
    """`kernel.ports.AccessTokens`: the tokens of programs that act for themselves."""

    def __init__(
        self, *, tokens: PresentedTokens, possession: Possession, clients: ClientRegistry
    ) -> None:
        self._tokens = tokens
        self._possession = possession
        self._clients = clients

    def check(
        self, presented: Presented, scope: str, *, redis_may_be_down: bool = False
    ) -> Program:
        """The program. A person's token is none, whatever its scopes, and what clients.yaml no
        longer gives counts no more. Raises TokenRefused, Unavailable("redis").
        """
        record = self._tokens.find(presented.token, redis_may_be_down=redis_may_be_down)
        if record is None:
            raise _unknown(presented)
        self._possession.check(presented, record)
        grant = record.grant
        client = self._clients.get(grant.client_id)
        own = not grant.person_id and grant.sub == grant.client_id
        scopes = grant.scopes & client.scopes if own and client is not None else frozenset()
        if scope not in scopes:
            raise TokenRefused(
                403, "insufficient_scope", f"The scope {scope} is needed.", scope=scope
            )
        return Program(grant.client_id, scopes)


class UserInfo:
    """The claims that a token gives, as the directory has them now (OpenID Connect Core §5.3)."""

    def __init__(
        self,
        *,
        tokens: PresentedTokens,
        possession: Possession,
        people: FindsPeople,
        clock: Clock,
    ) -> None:
        self._tokens = tokens
        self._possession = possession
        self._people = people
        self._clock = clock

    def claims(self, presented: Presented) -> dict[str, Any]:
        """Claims by name, with `sub`. Raises TokenRefused."""
        record = self._tokens.find(presented.token, redis_may_be_down=True)
        if record is None:
            raise _unknown(presented)
        self._possession.check(presented, record)
        grant = record.grant
        if "openid" not in grant.scopes:
            raise TokenRefused(403, "insufficient_scope", "The openid scope is needed.")
        found: dict[str, Any] = {"sub": grant.sub}
        person = self._person(grant)
        if person is not None:
            now = self._clock.now()
            found.update(claims(person, grant.scopes, now))
            found.update(one_by_one(person, grant.userinfo_claims, now))
        return found

    def _person(self, grant: Grant) -> Person | None:
        if grant.person_id:
            return self._people.get(grant.person_id)
        return self._people.find_sub(grant.sub)


def one_by_one(person: Person, names: tuple[str, ...], now: Any) -> dict[str, Any]:
    """The claims that were asked for by name, where the directory has them (Core §5.5)."""
    found = {name: claim(person, name, now) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def allowed_claims(client: Client, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the claims asked for by name that the component's scopes may give it at all."""
    return tuple(name for name in names if claim_scope(name) in client.scopes)
