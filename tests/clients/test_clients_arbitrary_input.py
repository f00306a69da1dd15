"""The loader never raises, whatever the file holds; and what it accepts can be used."""

from __future__ import annotations

from typing import Any

import yaml
from clients_texts import HASH, REALMS
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.clients.loader import parse
from idp.clients.problem import LoadResult
from idp.clients.report import Report

_KEYS = st.sampled_from(
    ["clients", "client_id", "client_name", "redirect_uris", "scope", "secrets", "hash",
     "not_after", "contingency", "max_session", "realms", "client_secret", "state_lifetime",
     "token_endpoint_auth_method", "allowed_origins", "initiate_login_uri", "<<"]
)  # fmt: skip
_LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates()
    | st.datetimes() | st.sampled_from(["openid", HASH, "https://a.pe/c", "http://[", "sol"])
)  # fmt: skip
_DATA = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(_KEYS | st.text(max_size=8), inner, max_size=6)
    ),
    max_leaves=25,
)
_CLIENT = st.fixed_dictionaries(
    {"client_id": st.sampled_from(["a", "b"]), "client_name": st.just("A"), "scope": _LEAVES},
    optional={
        "redirect_uris": _DATA | st.just(["https://a.pe/c"]),
        "secrets": _DATA | st.lists(st.fixed_dictionaries({"hash": _LEAVES, "not_after": _LEAVES})),
        "realms": _DATA,
        "contingency": _DATA,
        "post_logout_redirect_uris": st.lists(st.text(max_size=20)),
        "state_lifetime": _LEAVES,
    },
)


def _parse(raw: bytes) -> LoadResult:
    result = parse(raw, report=Report("clients.yaml"), production=True, realms=REALMS)
    # Either it is usable or it says why; every problem is one printable line.
    assert bool(result.clients) is not bool(result.problems)
    for one in result.problems:
        assert one.message
        assert str(one).isprintable()
    return result


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_parse_any_bytes_never_raises(raw: bytes) -> None:
    _parse(raw)


@given(st.text(alphabet="abc:-[]{}&*!<>|?'\"#%@`, \n\t~0123_", max_size=120))
@settings(deadline=None, max_examples=300)
def test_parse_any_yaml_like_text_never_raises(text: str) -> None:
    _parse(text.encode())


@given(_DATA)
@settings(deadline=None)
def test_parse_any_data_never_raises(data: Any) -> None:
    _parse(yaml.dump(data, allow_unicode=True).encode("utf-8", "surrogatepass"))


@given(st.lists(_CLIENT, min_size=1, max_size=3))
@settings(deadline=None, max_examples=200)
def test_parse_almost_clients_never_raises(clients: list[Any]) -> None:
    _parse(yaml.dump({"clients": clients}, allow_unicode=True).encode("utf-8", "surrogatepass"))
