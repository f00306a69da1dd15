"""openid-client for Node.js: refresh tokens, with FAPI 2.0 and without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.relying_parties.node_component import node
from tests.relying_parties.stack import OFFICIAL, Stack
from tests.relying_parties.visitor import Visitor


@pytest.mark.parametrize("fapi2", [False, True], ids=["basic", "fapi2"])
def test_renewed_tokens_rotate_but_under_fapi_2(
    fapi2: bool, visitor: Visitor, stack: Stack, tmp_path: Path
) -> None:
    """FAPI 2.0 §5.3.2.1 forbids rotation; elsewhere each answer brings another (RFC 9700 §4.14)."""
    with node(stack, tmp_path, fapi2=fapi2, called=f"renueva-{fapi2}".lower()) as component:
        visitor.go(component.home)
        stack.login_sunat(visitor, OFFICIAL)
        for _ in range(2):
            answer = visitor.json(component.home + "renovar")
            assert answer == {"rotated": not fapi2}
