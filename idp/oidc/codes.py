"""Authorization codes: issued for a session, redeemed where single use is one atomic step."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.clients.client import Client
from idp.clients.subjects import Subjects
from idp.kernel.clock import Clock
from idp.kernel.identity import Mode
from idp.kernel.ids import digest, new_id
from idp.kernel.random import Random
from idp.limits.noted import Noted
from idp.login.session import Session
from idp.oidc.access import allowed_claims
from idp.oidc.claims_request import ClaimsRequest, parse
from idp.oidc.endings import Endings
from idp.oidc.ports import CodeStore, Redemption, Refusal, Refused
from idp.oidc.records import CodeRecord
from idp.oidc.request import ProviderRequest
from idp.oidc.tokens import AccessTokens
from idp.people.attributes import claim_names

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_REFUSED = "The code is invalid, expired, used, or not for this request."
OFFLINE = "offline_access"


class Codes:
    """Issues and redeems codes. Lifetimes in seconds."""

    def __init__(
        self,
        *,
        store: CodeStore,
        tokens: AccessTokens,
        endings: Endings,
        subjects: Subjects,
        audit: Audit,
        noted: Noted,
        clock: Clock,
        random: Random,
        code_ttl: int,
        refresh_token_ttl: int,
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._endings = endings
        self._subjects = subjects
        self._audit = audit
        self._noted = noted
        self._clock = clock
        self._random = random
        self._code_ttl = code_ttl
        self._refresh_token_ttl = refresh_token_ttl

    def issue(self, request: ProviderRequest, session: Session) -> str | None:
        """A new code for this session; None when the parked request was answered before."""
        code = self._random.token()
        record = self._record(request, session)
        entry = self._audit.entry(
            AuditEvent.CODE_ISSUED,
            person_id=session.person_id,
            client_id=record.client_id,
            realm=session.realm,
            mode=session.mode.value,
            sid=session.sid,
            grant=record.grant_id,
        )
        stored = self._store.issue(
            digest(code), record, request.transaction_id, request.pushed, entry
        )
        return code if stored else None

    def redeem(
        self, request: ProviderRequest, code: str, client: Client, jkt: str | None
    ) -> tuple[CodeRecord, dict[str, Any]]:
        """Spend a code: what it stood for, and the token answer, whose access token is stored.

        jkt: the key that the access token is bound to. Raises Authlib's InvalidGrantError; a wrong
        try burns nothing.
        """
        verifier = request.form.get("code_verifier")
        if verifier is not None and not _VERIFIER.fullmatch(verifier):
            # RFC 7636 §4.6 names one error for whatever does not fit the challenge.
            raise InvalidGrantError(_REFUSED)
        draft = self._tokens.draft(client)
        found = self._store.redeem(
            Redemption(
                code_digest=digest(code),
                client_id=client.client_id,
                redirect_uri=request.form.get("redirect_uri", ""),
                challenge=_s256(verifier) if verifier is not None else None,
                access_digest=draft.digest,
                access_ttl=self._tokens.ttl,
                jkt=jkt,
                now=self._clock.timestamp(),
            ),
            self._audit.entry(
                AuditEvent.TOKEN_ISSUED,
                person_id="@person@",
                client_id=client.client_id,
                realm="@realm@",
                mode="@mode@",
                sid="@sid@",
                grant="@grant@",
                grant_type="authorization_code",
            ),
        )
        if isinstance(found, Refused):
            raise self._refused(found, client.client_id, request.address_prefix)
        return found, self._tokens.answer(draft, client, found, jkt)

    def _record(self, request: ProviderRequest, session: Session) -> CodeRecord:
        data, client = request.payload.data, request.client.client
        # A login by mail is for now: nothing outlives its session (nor is offline access named).
        scopes = request.scope.split()
        offline = OFFLINE in scopes and session.mode is Mode.SUNAT
        scope = " ".join(one for one in scopes if one != OFFLINE or offline)
        asked = parse(data.get("claims"))
        now = self._clock.timestamp()
        ends = now + self._refresh_token_ttl if offline else session.expires_at.timestamp()
        return CodeRecord(
            client_id=client.client_id,
            redirect_uri=request.payload.redirect_uri,
            scope=scope,
            nonce=data.get("nonce"),
            code_challenge=data.get("code_challenge"),
            dpop_jkt=data.get("dpop_jkt"),
            grant_id=new_id(self._random, "gra"),
            person_id=session.person_id,
            sub=self._subjects.sub(client, session.sub),
            sid=self._subjects.sid(client, session.sid),
            session=session.chain or session.sid,
            realm=session.realm,
            mode=session.mode.value,
            acr=session.acr,
            amr=session.amr,
            auth_time=int(session.auth_time.timestamp()),
            expires_at=now + self._code_ttl,
            lives_until=ends,
            offline=offline,
            drill=session.drill,
            userinfo_claims=allowed_claims(client, asked.userinfo),
            claims=_id_token_claims(session, scope, client, asked),
        )

    def _refused(self, refused: Refused, client_id: str, address_prefix: str) -> InvalidGrantError:
        if refused.why is Refusal.REPLAYED:
            self._endings.grant(refused.grant_id, AuditEvent.CODE_REPLAYED, client_id)
        else:
            self._noted.note(
                AuditEvent.TOKEN_REFUSED,
                address_prefix,
                client_id=client_id,
                reason=refused.why.value,
            )
        # One text for all: what was wrong is for the log, not for whoever guesses.
        return InvalidGrantError(_REFUSED)


def _id_token_claims(
    session: Session, scope: str, client: Client, asked: ClaimsRequest
) -> dict[str, Any]:
    """The claims that belong in the ID token: those of scope `vuce`, and those asked for there."""
    names = claim_names(frozenset({"vuce"})) if "vuce" in scope.split() else ()
    names = (*names, *allowed_claims(client, asked.id_token))
    return {name: session.claims[name] for name in names if name in session.claims}


def _s256(verifier: str) -> str:
    """RFC 7636 §4.6."""
    hashed = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode("ascii")
