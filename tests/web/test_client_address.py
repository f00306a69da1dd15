"""Whose address counts: the peer's, and a proxy's word only as far as settings say."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from idp.web.client_address import ClientAddress
from tests.support.world import build_world


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("190.12.34.56", "190.12.34.0/24"),
        ("::ffff:190.12.34.56", "190.12.34.0/24"),
        ("2001:db8:1:2ff:3:4:5:6", "2001:db8:1:200::/56"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_prefix_is_what_one_office_has(address: str, prefix: str) -> None:
    builder = EnvironBuilder(environ_overrides={"REMOTE_ADDR": address})
    assert ClientAddress().prefix(Request(builder.get_environ())) == prefix


@pytest.mark.parametrize(
    ("proxies", "forwarded", "refused"),
    [
        # Nobody in front: whatever a visitor claims, the peer is counted.
        (0, lambda number: f"10.{number // 200}.{number % 200}.1", True),
        # One proxy: its word is the last one; what came before is the visitor's own invention.
        (1, lambda number: f"10.{number // 200}.{number % 200}.1, 190.1.1.1", True),
        (1, lambda number: f"10.{number // 200}.{number % 200}.1", False),
    ],
    ids=["no proxy", "invented behind a proxy", "told by the proxy"],
)
def test_limit_of_logins_under_way_counts_the_right_address(
    tmp_path: Path, valkey: str, proxies: int, forwarded: object, refused: bool
) -> None:
    assert callable(forwarded)
    world = build_world(tmp_path, valkey, trusted_proxies=proxies)
    statuses = set()
    for number in range(310):
        browser = world.browser()
        browser.environ_base["HTTP_X_FORWARDED_FOR"] = forwarded(number)
        statuses.add(world.authorize(browser).status_code)
    assert (429 in statuses) is refused
    world.services.stop()
