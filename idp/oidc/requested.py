"""Which request counts: the one that was sent, the signed one in it, or the one pushed before.

Client and redirect_uri are judged here, before anything else, and answered by a page (RFC 9700
§4.11). An error of a signed or pushed request goes back to the component only where the request
around it names one of its registered addresses.
"""

from __future__ import annotations

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError

from idp.clients.registry import ClientRegistry
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.oidc.component import Component
from idp.oidc.errors import RequestUriNotSupportedError
from idp.oidc.pushed import PREFIX, PushedRequests
from idp.oidc.request import Parameters, ProviderRequest
from idp.oidc.request_objects import RequestObjects


class RefusedRequest(Exception):
    """An error that may go back to the component: its request is refused."""

    def __init__(self, error: OAuth2Error) -> None:
        super().__init__(str(error))
        self.error = error


class Requested:
    """Finds the request that counts, for `/authorize` and for `/par`."""

    def __init__(
        self,
        *,
        clients: ClientRegistry,
        request_objects: RequestObjects,
        pushed: PushedRequests,
        clock: Clock,
    ) -> None:
        self._clients = clients
        self._request_objects = request_objects
        self._pushed = pushed
        self._clock = clock

    def component(self, request: ProviderRequest) -> Component:
        """The component that asks, alone. Raises IdpError: invalid_client, client_disabled."""
        if {"client_id", "redirect_uri"} & set(request.parameters.repeated):
            raise IdpError("invalid_request", 400, detail="repeated client_id or redirect_uri")
        client = self._clients.get(request.payload.client_id or "")
        if client is None:
            raise IdpError("invalid_client", 400)
        if client.disabled:
            raise IdpError("client_disabled", 403, detail=client.client_id)
        return Component(client, self._clock)

    def check_redirect_uri(self, request: ProviderRequest, component: Component) -> None:
        """Raises IdpError("invalid_redirect_uri")."""
        if not component.check_redirect_uri(request.payload.redirect_uri or ""):
            raise IdpError("invalid_redirect_uri", 400)

    def resolve(self, request: ProviderRequest) -> Component:
        """The component, with the request's payload replaced by what counts.

        Raises IdpError for a page, RefusedRequest for what goes back to the component.
        """
        component = self.component(request)
        client, data = component.client, request.payload.data
        uri = data.get("request_uri", "")
        if uri.startswith(PREFIX):
            try:
                request.pushed, pairs = self._pushed.find(uri, client)
            except OAuth2Error as error:
                self._refuse(request, component, error)
            request.payload = Parameters(pairs)
        elif uri:
            refusal = RequestUriNotSupportedError("Only pushed requests have a request_uri.")
            self._refuse(request, component, refusal)
        elif client.needs_par:
            # RFC 9126 §5: a request that was not pushed is refused as a whole.
            refusal = InvalidRequestError("The requests of this client must be pushed.")
            self._refuse(request, component, refusal)
        else:
            try:
                self._request_objects.apply(request, client)
            except OAuth2Error as error:
                self._refuse(request, component, error)
        self.check_redirect_uri(request, component)
        return component

    def _refuse(self, request: ProviderRequest, component: Component, error: OAuth2Error) -> None:
        """Back to the component, if the request around it names a registered address."""
        if not component.check_redirect_uri(request.payload.redirect_uri or ""):
            raise IdpError(error.error or "invalid_request", 400, detail=error.description or "")
        token = request.payload.data.get("request")
        if token is not None:
            inside = self._request_objects.hints(token)
            around = [pair for pair in request.parameters.pairs if pair[0] not in inside]
            request.payload = Parameters([*around, *inside.items()])
        raise RefusedRequest(error)
