"""Static files: kept for ever only under their own digest."""

from __future__ import annotations

import re

import pytest

from tests.support.world import World


@pytest.fixture
def address(world: World) -> str:
    """The style sheet, as a page names it."""
    found = re.search(r'href="(/static/css/vuce\.css\?v=[0-9a-f]+)"', world.browser().get("/").text)
    assert found
    return found[1]


def test_file_under_its_own_digest_is_kept_for_ever(world: World, address: str) -> None:
    response = world.browser().get(address)
    assert response.status_code == 200
    assert "immutable" in response.headers["Cache-Control"]


@pytest.mark.parametrize("version", ["", "?v=", "?v=0000", "?v=000000000000"])
def test_file_under_another_name_is_asked_for_again(
    world: World, address: str, version: str
) -> None:
    response = world.browser().get(address.partition("?")[0] + version)
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize("path", ["/static/none.css", "/static/../base.html", "/static/css"])
def test_file_that_is_not_there_is_not_found(world: World, path: str) -> None:
    assert world.browser().get(path, query_string={"v": "1"}).status_code == 404
