"""A component as it speaks to the provider: each client of the test world, with its own ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from idp.kernel.identity import Mode
from idp.upstream_status.state import FlagState
from tests.support.world import VERIFIER, World, authorization_params, query_of

REDIRECT_URIS = {
    "mr": "http://localhost:9001/callback",
    "origen": "http://localhost:9002/callback",
    "spa": "http://localhost:9003/callback",
    "estricto": "http://localhost:9004/callback",
}


@dataclass
class RelyingParty:
    """A registered component and one person's browser in front of it."""

    world: World
    browser: FlaskClient
    client_id: str = "mr"

    @classmethod
    def logged_in(
        cls, world: World, client_id: str = "mr", mode: Mode = Mode.SUNAT
    ) -> RelyingParty:
        """With a browser whose person has a session, proved in this mode while it is in force."""
        if mode is Mode.CONTINGENCIA:
            flag = world.services.upstream_status
            flag.set("sol", FlagState.FORCED_DOWN, reason="prueba", who="prueba")
        browser = world.browser()
        world.log_in(browser, world.person(), mode)
        return cls(world, browser, client_id)

    def params(self, **changes: Any) -> dict[str, str]:
        """A good authorization request of this component, changed."""
        own = {"client_id": self.client_id, "redirect_uri": REDIRECT_URIS[self.client_id]}
        return authorization_params(**{**own, **changes})

    def authorize(self, **changes: Any) -> TestResponse:
        """GET /authorize."""
        return self.browser.get("/authorize", query_string=self.params(**changes))

    def answer(self, **changes: Any) -> dict[str, str]:
        """The parameters that /authorize sends back; they must come to our redirect_uri."""
        location = self.authorize(**changes).headers["Location"]
        assert location.startswith(REDIRECT_URIS[self.client_id] + "?"), location
        return query_of(location)

    def code(self, **changes: Any) -> str:
        """A new code, without a page."""
        return self.answer(**changes)["code"]

    def redeem(self, code: str, **changes: Any) -> TestResponse:
        """POST /token as this component is registered; a parameter set to None is left out."""
        sent: dict[str, Any] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URIS[self.client_id],
            "code_verifier": VERIFIER,
        }
        auth = None
        if self.client_id == "origen":
            sent.update(client_id="origen", client_secret=self.world.secret)
        elif self.client_id == "spa":
            sent.update(client_id="spa")
        else:
            auth = (self.client_id, self.world.secret)
        auth = changes.pop("auth", auth)
        headers = changes.pop("headers", {})
        sent.update(changes)
        form = {name: value for name, value in sent.items() if value is not None}
        return self.world.browser().post("/token", data=form, auth=auth, headers=headers)

    def tokens(self, **changes: Any) -> dict[str, Any]:
        """A whole silent login: the token answer."""
        response = self.redeem(self.code(**changes))
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json
        return answer

    def userinfo(self, access_token: str) -> TestResponse:
        """GET /userinfo."""
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.world.browser().get("/userinfo", headers=headers)

    def id_token(self, text: str) -> jwt.Token:
        """An ID token, verified against the keys that the provider publishes."""
        keys = KeySet.import_key_set(self.world.browser().get("/jwks.json").json)
        return jwt.decode(text, keys, algorithms=["RS256", "ES256"])
