"""Refresh tokens (RFC 6749 §6, RFC 9700 §4.14): a family for each login, rotated at each use."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError

from idp.audit.events import AuditEvent
from idp.clients.client import Client
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.identity import Mode
from idp.kernel.ids import digest, same
from idp.kernel.random import Random
from idp.limits.noted import Noted
from idp.login.service import Logins
from idp.oidc.endings import Endings
from idp.oidc.ports import AccessStore, Family, PresentedRefresh, RefreshStore
from idp.oidc.records import Grant
from idp.oidc.tokens import AccessTokens

_log = logging.getLogger(__name__)
_REFUSED = "The refresh token is invalid, expired, used, or not for this request."


class RefreshTokens:
    """Begins families and redeems their tokens.

    The new access token is stored before the old refresh token is spent: whatever fails in
    between, the component still holds a token that works.
    """

    def __init__(
        self,
        *,
        store: RefreshStore,
        access: AccessStore,
        tokens: AccessTokens,
        logins: Logins,
        endings: Endings,
        noted: Noted,
        clock: Clock,
        random: Random,
    ) -> None:
        self._store = store
        self._access = access
        self._tokens = tokens
        self._logins = logins
        self._endings = endings
        self._noted = noted
        self._clock = clock
        self._random = random

    def begin(self, client: Client, grant: Grant, jkt: str | None) -> str | None:
        """The first token of a family; None while SQL does not answer: the login itself succeeds,
        and the component logs in anew sooner than it would have. None too where the login was of
        somebody who has the user no more: what ended then is not to begin again.

        jkt: the key that a public component's tokens are bound to (RFC 9449 §5).
        """
        token, now = self._random.token(), self._clock.now()
        family = Family(
            grant=grant,
            created_at=now,
            expires_at=datetime.fromtimestamp(grant.lives_until, UTC),
            jkt=jkt if client.public else None,
        )
        try:
            # Whatever is not offline ends with its session.
            if grant.offline and self._logins.doubted_since(grant.person_id, grant.auth_time):
                return None
            self._store.add(family, digest(token))
        except Unavailable:
            _log.warning("no refresh token was issued", extra={"dependency": "sql"})
            return None
        return token

    def find(
        self, client: Client, token: str, jkt: str | None, address_prefix: str
    ) -> PresentedRefresh:
        """A token that this component may use now. Raises InvalidGrantError.

        One that was rotated before revokes its family: somebody else has it (RFC 9700 §4.14.2).
        """
        found = self._store.find(digest(token))
        if found is None or found.family.grant.client_id != client.client_id:
            raise self._refused(client, address_prefix, "unknown")
        family, grant, now = found.family, found.family.grant, self._clock.now()
        if family.revoked_at is not None:
            raise self._refused(client, address_prefix, "revoked", grant)
        if family.expires_at <= now:
            raise self._refused(client, address_prefix, "expired", grant)
        if family.jkt is not None and not (jkt and same(family.jkt, jkt)):
            raise self._refused(client, address_prefix, "dpop_key", grant)
        if found.spent_at is not None and (
            (now - found.spent_at).total_seconds() > client.refresh_grace
            or not client.refresh_grace
        ):
            raise self._replayed(client, grant)
        mode = Mode(grant.mode)
        if not self._logins.grant_lives(client, mode, grant.realm, grant.auth_time, grant.drill):
            raise self._refused(client, address_prefix, "contingency_over", grant)
        return found

    def redeem(
        self, client: Client, presented: str, found: PresentedRefresh, scope: str, jkt: str | None
    ) -> dict[str, Any]:
        """The answer with a new access token, and the successor where tokens rotate.

        scope: as granted, or narrower (RFC 6749 §6). Raises InvalidGrantError.
        """
        grant = found.family.grant
        issued = self._tokens.issue(client, replace(grant, scope=scope), jkt, "refresh_token")
        if issued is None:
            raise InvalidGrantError(_REFUSED)
        draft, answer = issued
        if client.fapi2:
            # FAPI 2.0 §5.3.2.1: no rotation, where tokens are bound to the component's keys.
            return {**answer, "refresh_token": presented}
        successor, now = self._random.token(), self._clock.now()
        if not self._store.rotate(digest(presented), digest(successor), now, client.refresh_grace):
            self._access.remove(draft.digest)
            raise self._replayed(client, grant)
        return {**answer, "refresh_token": successor}

    def _replayed(self, client: Client, grant: Grant) -> InvalidGrantError:
        self._endings.grant(grant.grant_id, AuditEvent.REFRESH_REPLAYED, client.client_id)
        return InvalidGrantError(_REFUSED)

    def _refused(
        self, client: Client, address_prefix: str, reason: str, grant: Grant | None = None
    ) -> InvalidGrantError:
        self._noted.note(
            AuditEvent.TOKEN_REFUSED,
            address_prefix,
            client_id=client.client_id,
            grant_type="refresh_token",
            reason=reason,
            **({"grant": grant.grant_id} if grant else {}),
        )
        # One text for all: what was wrong is for the log, not for whoever guesses.
        return InvalidGrantError(_REFUSED)
