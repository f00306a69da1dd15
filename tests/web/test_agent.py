"""A browser in two words, from a closed list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.web.agent import describe

_MOZILLA = "Mozilla/5.0 "
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (f"{_MOZILLA}(Windows NT 10.0; Win64; x64) {_WEBKIT}Chrome/140.0 Safari/537.36",
         "Chrome/Windows"),
        (f"{_MOZILLA}(Windows NT 10.0) {_WEBKIT}Chrome/140.0 Safari/537.36 Edg/140.0",
         "Edge/Windows"),
        (f"{_MOZILLA}(X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox/Linux"),
        (f"{_MOZILLA}(iPhone; CPU iPhone OS 18_0 like Mac OS X) {_WEBKIT}Version/18.0 Safari/604.1",
         "Safari/iPhone"),
        (f"{_MOZILLA}(iPhone; CPU iPhone OS 18_0) {_WEBKIT}CriOS/140.0 Safari/604.1",
         "Chrome/iPhone"),
        (f"{_MOZILLA}(Linux; Android 15) {_WEBKIT}SamsungBrowser/27.0 Chrome/125.0 Safari/537.36",
         "Samsung Internet/Android"),
        (f"{_MOZILLA}(Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT}Version/18.0 Safari/605.1",
         "Safari/Mac"),
        ("curl/8.5.0", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_describe_names_browser_and_system(agent: str, words: str) -> None:
    assert describe(agent) == words


@given(st.text(max_size=200))
def test_describe_never_repeats_what_it_is_given(agent: str) -> None:
    known = {"", "Chrome", "Edge", "Firefox", "Opera", "Safari", "Samsung Internet"}
    assert describe(agent).partition("/")[0] in known
