"""The pushed authorization request endpoint (RFC 9126)."""

from __future__ import annotations

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc6749.errors import UnauthorizedClientError

from idp.clients.client import Client
from idp.kernel.ids import same
from idp.limits.service import Limits
from idp.oidc.authentication import METHODS
from idp.oidc.authorization import only_code
from idp.oidc.component import Component
from idp.oidc.dpop import DPoP
from idp.oidc.errors import InvalidDPoPProofError
from idp.oidc.pushed import PushedRequests
from idp.oidc.request import Parameters, ProviderRequest
from idp.oidc.request_objects import RequestObjects
from idp.oidc.server import Answer, ProviderServer

# How the component proves who it is: not part of what it asks for.
_CREDENTIALS = ("client_secret", "client_assertion", "client_assertion_type")


class PushedAuthorization:
    """What `/par` does: the component is authenticated, and the whole request judged, before a
    person is sent anywhere.
    """

    def __init__(
        self,
        *,
        server: ProviderServer,
        request_objects: RequestObjects,
        pushed: PushedRequests,
        dpop: DPoP,
        limits: Limits,
    ) -> None:
        self._server = server
        self._request_objects = request_objects
        self._pushed = pushed
        self._dpop = dpop
        self._limits = limits

    def push(self, request: ProviderRequest) -> Answer:
        """201 with the request_uri and its life in seconds (§2.2), or an error (§2.3)."""
        try:
            component = self._server.authenticate_client(request, METHODS, "par")
            if component.client.public:
                # Nobody has to prove anything to fill our store.
                self._limits.hit("login.park", request.address_prefix)
            request_uri = self._judged(request, component)
        except OAuth2Error as error:
            refusal = self._server.handle_error_response(request, error)
            assert isinstance(refusal, Answer)
            return refusal
        body = {"request_uri": request_uri, "expires_in": self._pushed.ttl}
        answer = self._server.handle_response(201, body, [])
        assert isinstance(answer, Answer)
        return answer

    def _judged(self, request: ProviderRequest, component: Component) -> str:
        client = component.client
        if request.parameters.repeated:
            raise InvalidRequestError("A parameter is repeated.")
        if "request_uri" in request.payload.data:
            raise InvalidRequestError("request_uri must not be pushed.")  # §2.1
        if not component.check_grant_type("authorization_code"):
            raise UnauthorizedClientError("The client has no use for authorization requests.")
        own = [pair for pair in request.parameters.pairs if pair[0] not in _CREDENTIALS]
        around = [pair for pair in own if pair[0] != "client_id"]
        request.payload = Parameters([("client_id", client.client_id), *around])
        self._request_objects.apply(request, client)
        self._bind(request, client)
        if not component.check_redirect_uri(request.payload.redirect_uri or ""):
            raise InvalidRequestError("The redirect_uri is not registered for the client.")
        only_code(request)
        self._server.get_consent_grant(request)
        return self._pushed.add(client, request.parameters.pairs)

    def _bind(self, request: ProviderRequest, client: Client) -> None:
        """RFC 9449 §10.1: a proof at this endpoint says which key the code will be for."""
        if request.proof is None:
            return
        key = self._dpop.key_of(request.proof, method=request.method, uri=request.uri)
        named = request.payload.data.get("dpop_jkt")
        if named is None:
            request.payload = Parameters([*request.parameters.pairs, ("dpop_jkt", key)])
        elif not same(named, key):
            raise InvalidDPoPProofError("dpop_jkt is the thumbprint of another key.")
