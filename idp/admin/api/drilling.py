"""The operations on drills: by percentage alone, since testers are people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from idp.admin.api import shown
from idp.admin.api.call import Answer, Call
from idp.admin.api.readings import States
from idp.admin.api.replays import Replays
from idp.admin.api.switching import once
from idp.clients.client import Client
from idp.clients.registry import ClientRegistry
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.upstream_status.drills import Drills


class Drilling:
    """Every operation may raise Unavailable("sql")."""

    def __init__(
        self,
        *,
        states: States,
        drills: Drills,
        clients: ClientRegistry,
        replays: Replays,
        clock: Clock,
    ) -> None:
        self._states = states
        self._drills = drills
        self._clients = clients
        self._replays = replays
        self._clock = clock

    def all(self, call: Call) -> Answer:
        """The newest first."""
        now = self._clock.now()
        return Answer({"drills": [shown.drill(one, now) for one in self._drills.list()]})

    def report(self, call: Call) -> Answer:
        """What came of one, so far. Raises IdpError drill_unknown (404)."""
        return Answer(shown.drill_report(self._drills.report(call.path["drill"])))

    def begin(self, call: Call) -> Answer:
        """Begin one now. Raises IdpError upstream_unknown, drill_refused (422),
        drill_upstream_down, drill_overlaps (409), and as `once`.
        """
        return once(self._replays, "beginDrill", call, lambda: self._begin(call))

    def end(self, call: Call) -> Answer:
        """End one now. Raises IdpError drill_unknown (404), drill_over (409), and as `once`."""
        return once(self._replays, "endDrill", call, lambda: self._end(call))

    def _begin(self, call: Call) -> Answer:
        said = call.body
        realm = self._states.known(said["realm"])
        self._check(said["clients"], realm)
        try:
            drill = self._drills.begin(
                realm=realm,
                clients=said["clients"],
                percent=said["percent"],
                lasts=timedelta(seconds=said["seconds"]),
                who=call.who,
                reason=said["reason"],
            )
        except ValueError as error:
            raise IdpError("drill_refused", 422, detail=str(error)) from error
        return Answer(shown.drill(drill, self._clock.now()), 201)

    def _end(self, call: Call) -> Answer:
        drill = self._drills.end(call.path["drill"], call.who, call.body["reason"])
        return Answer(shown.drill(drill, self._clock.now()))

    def _check(self, names: Sequence[str], realm: str) -> None:
        for name in names:
            client = self._clients.get(name)
            if client is None or not _takes(client, realm):
                raise IdpError("drill_refused", 422, detail="a component that takes none")


def _takes(client: Client, realm: str) -> bool:
    people = "authorization_code" in client.grant_types and realm in client.realms
    return people and not client.disabled and client.contingency.allowed
