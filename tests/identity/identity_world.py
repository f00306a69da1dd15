"""A usuario SOL that was renamed, in front of components of every kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask.testing import FlaskClient

from idp.kernel.identity import Identifier, Mode
from idp.people.operations import Order
from idp.people.person import Person, UpstreamFacts
from tests.support.components import Party
from tests.support.world import World

ORDER = Order(actor="ana", reason="caso 7")


@dataclass
class Renamed:
    """A usuario SOL that was renamed: two persons of one human."""

    world: World
    ruc: str
    old: Identifier
    new: Identifier

    def facts(self, identifier: Identifier, **changes: Any) -> UpstreamFacts:
        user = identifier.value.rpartition(":")[2]
        told = UpstreamFacts(
            realm="sol", identifier=identifier, usuario=user, ruc=self.ruc, tipo_usuario="1",
            name="EXPORTADORA DE PRUEBA S.A.", given_name="ANA", family_name="SINTÉTICA",
        )  # fmt: skip
        return replace(told, **changes)

    def at_sunat(self, identifier: Identifier, **changes: Any) -> Person:
        """A login at SUNAT, a minute after what was before."""
        self.world.clock.advance(60)
        return self.world.services.people.record_upstream_login(self.facts(identifier, **changes))

    def logged_in(self, identifier: Identifier, client_id: str = "renueva") -> Party:
        """A component, and a browser where this user has just logged in."""
        browser: FlaskClient = self.world.browser()
        self.world.log_in(browser, self.at_sunat(identifier), Mode.SUNAT)
        return Party(self.world, browser, client_id)

    def sub(self, party: Party, **changes: Any) -> str:
        """By which the component knows who is at the browser."""
        found = party.id_token(party.tokens(**changes)["id_token"]).claims["sub"]
        assert isinstance(found, str)
        return found

    def merge(self) -> None:
        self.world.clock.advance(60)
        self.world.services.identities.merge(self.old, self.new, ORDER)
