"""Whose address counts: the peer's, and a proxy's word only as far as settings say."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest
from flask import Request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from idp.web.client_address import ClientAddress
from tests.support.world import build_world


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("190.12.34.56", "190.12.34.0/24"),
        ("::ffff:190.12.34.56", "190.12.34.0/24"),
        ("2001:db8:1:2ff:3:4:5:6", "2001:db8:1:200::/56"),
        # Some proxies write the port as well (Azure's gateway does), or brackets (RFC 7239 §6).
        ("190.12.34.56:51234", "190.12.34.0/24"),
        ("[2001:db8:1:2ff:3:4:5:6]:443", "2001:db8:1:200::/56"),
        ("[2001:db8:1:2ff:3:4:5:6]", "2001:db8:1:200::/56"),
        ("[::ffff:190.12.34.56]:443", "190.12.34.0/24"),
        (" 190.12.34.56 ", "190.12.34.0/24"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", "unknown"),
        ("unix:", "unknown"),
        ("_hidden", "unknown"),
        ("190.12.34.56:51234:1", "unknown"),
    ],
)
def test_prefix_is_what_one_office_has(address: str, prefix: str) -> None:
    builder = EnvironBuilder(environ_overrides={"REMOTE_ADDR": address})
    assert ClientAddress().prefix(Request(builder.get_environ())) == prefix


@given(address=st.text() | st.text(alphabet="0123456789.:[]%af"))
def test_prefix_of_anything_is_a_network_or_unknown(address: str) -> None:
    builder = EnvironBuilder(environ_overrides={"REMOTE_ADDR": address})
    found = ClientAddress().prefix(Request(builder.get_environ()))
    assert found == "unknown" or ip_network(found).prefixlen in (24, 56)


def test_address_that_nobody_can_read_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    addresses = ClientAddress()
    for address in ("proxy-7", "proxy-8", "190.1.1.1"):
        environ = EnvironBuilder(environ_overrides={"REMOTE_ADDR": address}).get_environ()
        addresses.prefix(Request(environ))
    assert len(caplog.records) == 1
    assert "IDP_TRUSTED_PROXIES" in caplog.text
    assert "proxy-7" not in caplog.text


@pytest.mark.parametrize(
    ("proxies", "forwarded", "refused"),
    [
        # Nobody in front: whatever a visitor claims, the peer is counted.
        (0, lambda number: f"10.{number // 200}.{number % 200}.1", True),
        # One proxy: its word is the last one; what came before is the visitor's own invention.
        (1, lambda number: f"10.{number // 200}.{number % 200}.1, 190.1.1.1", True),
        (1, lambda number: f"10.{number // 200}.{number % 200}.1", False),
        (1, lambda number: f"10.{number // 200}.{number % 200}.1:5000", False),
    ],
    ids=["no proxy", "invented behind a proxy", "told by the proxy", "told with its port"],
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
