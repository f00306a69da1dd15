"""What `bench.audit` writes is what it seals, and looks for once more."""

from __future__ import annotations

from bench.audit.__main__ import fill, seal
from tests.support.world import World


def test_rows_that_the_bench_writes_are_sealed_by_it(world: World) -> None:
    room = world.services.audit_room
    while room.sealer.step():
        pass
    head = room.checkpointer._chain.head()
    before = head.number if head else 0
    fill(world.services, 1_500)
    seal(world.services)
    head = room.checkpointer._chain.head()
    assert head is not None
    assert head.number == before + 1_500
