"""Authlib's authorization code grant, on a store where single use is one atomic step.

Authlib asks for the code, deletes it and saves the token in three calls, between which another
request can redeem the same code. So all of it happens inside `query_authorization_code`, and the
other two are no-ops: the store compares client, redirect_uri and verifier, spends the code and
keeps the access token's digest at once.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc6749.errors import AccessDeniedError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.ids import digest, new_id
from idp.kernel.random import Random
from idp.limits.noted import Noted
from idp.login.session import Session
from idp.oidc.component import Component
from idp.oidc.ports import CodeStore, Redemption, Refusal
from idp.oidc.records import CodeRecord
from idp.oidc.respond import AuthorizationResponse, authorization_response
from idp.people.attributes import claim_names

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Codes:
    """Issues and redeems codes. Lifetimes in seconds."""

    def __init__(
        self,
        *,
        store: CodeStore,
        audit: Audit,
        noted: Noted,
        clock: Clock,
        random: Random,
        issuer: str,
        code_ttl: int,
        access_token_ttl: int,
    ) -> None:
        self._store = store
        self._audit = audit
        self._noted = noted
        self._clock = clock
        self._random = random
        self.issuer = issuer
        self._code_ttl = code_ttl
        self.access_token_ttl = access_token_ttl

    def issue(self, request: Any, session: Session) -> str | None:
        """A new code for this session; None when the parked request was answered before."""
        code = self._random.token()
        data = request.payload.data
        record = CodeRecord(
            client_id=request.client.client_id,
            redirect_uri=request.payload.redirect_uri,
            scope=request.scope,
            nonce=data.get("nonce"),
            code_challenge=data.get("code_challenge"),
            grant_id=new_id(self._random, "gra"),
            person_id=session.person_id,
            sub=session.sub,
            sid=session.sid,
            realm=session.realm,
            mode=session.mode.value,
            acr=session.acr,
            amr=session.amr,
            auth_time=int(session.auth_time.timestamp()),
            expires_at=self._clock.timestamp() + self._code_ttl,
            claims=_id_token_claims(session, request.scope),
        )
        entry = self._audit.entry(
            AuditEvent.CODE_ISSUED,
            person_id=session.person_id,
            client_id=record.client_id,
            realm=session.realm,
            mode=session.mode.value,
            sid=session.sid,
            grant=record.grant_id,
        )
        stored = self._store.issue(digest(code), record, request.transaction_id, entry)
        return code if stored else None

    def redeem(self, request: Any, code: str, client_id: str) -> CodeRecord:
        """Spend a code and store the access token that `request.access_token` then names.

        Raises Authlib's InvalidGrantError or InvalidRequestError; a wrong try burns nothing.
        """
        verifier = request.form.get("code_verifier")
        if verifier is not None and not _VERIFIER.fullmatch(verifier):
            raise InvalidRequestError("Invalid code_verifier.")
        access_token = self._random.token()
        found = self._store.redeem(
            Redemption(
                code_digest=digest(code),
                client_id=client_id,
                redirect_uri=request.form.get("redirect_uri", ""),
                challenge=_s256(verifier) if verifier is not None else None,
                access_digest=digest(access_token),
                access_ttl=self.access_token_ttl,
                now=self._clock.timestamp(),
            ),
            self._audit.entry(
                AuditEvent.TOKEN_ISSUED,
                person_id="@person@",
                client_id=client_id,
                realm="@realm@",
                mode="@mode@",
                sid="@sid@",
                grant="@grant@",
                grant_type="authorization_code",
            ),
        )
        if isinstance(found, Refusal):
            raise self._refused(found, client_id, request.address_prefix)
        request.access_token = access_token
        return found

    def _refused(self, refusal: Refusal, client_id: str, address_prefix: str) -> InvalidGrantError:
        event, details = AuditEvent.TOKEN_REFUSED, {"reason": refusal.value}
        if refusal is Refusal.REPLAYED:
            event, details = AuditEvent.CODE_REPLAYED, {}
        self._noted.note(event, address_prefix, client_id=client_id, **details)
        # One text for all: what was wrong is for the log, not for whoever guesses.
        return InvalidGrantError("The code is invalid, expired, used, or not for this request.")


def code_grant(codes: Codes) -> type[AuthorizationCodeGrant]:
    """The grant class that Authlib registers."""

    class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")

        def create_authorization_response(
            self, redirect_uri: str, grant_user: Session | None
        ) -> tuple[int, AuthorizationResponse, list[tuple[str, str]]]:
            if grant_user is None:
                raise AccessDeniedError(redirect_uri=redirect_uri)
            code = codes.issue(self.request, grant_user)
            if code is None:
                raise InvalidRequestError("This request was answered before.")
            payload = self.request.payload
            response = authorization_response(
                issuer=codes.issuer,
                redirect_uri=redirect_uri,
                state=payload.state,
                mode=payload.data.get("response_mode"),
                code=code,
            )
            return 303, response, []

        def query_authorization_code(self, code: str, client: Component) -> CodeRecord:
            return codes.redeem(self.request, code, client.client_id)

        def delete_authorization_code(self, authorization_code: CodeRecord) -> None:
            """Spent already."""

        def save_token(self, token: dict[str, Any]) -> None:
            """Stored already."""

        def authenticate_user(self, authorization_code: CodeRecord) -> CodeRecord:
            return authorization_code

    return CodeGrant


def token_generator(codes: Codes) -> Callable[..., dict[str, Any]]:
    """Authlib's token generator: the access token is the one that the store keeps.

    Authlib passes no request to it, so the grant's token is filled in by the server, which knows.
    """

    def generate(*, scope: str, **_: object) -> dict[str, Any]:
        # RFC 6749 §5.1; the scope is always named.
        return {"token_type": "Bearer", "expires_in": codes.access_token_ttl, "scope": scope}

    return generate


def _id_token_claims(session: Session, scope: str) -> dict[str, Any]:
    """The claims that belong in the ID token: scope `vuce`; the others come from userinfo."""
    if "vuce" not in scope.split():
        return {}
    names = claim_names(frozenset({"vuce"}))
    return {name: session.claims[name] for name in names if name in session.claims}


def _s256(verifier: str) -> str:
    """RFC 7636 §4.6."""
    hashed = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode("ascii")
