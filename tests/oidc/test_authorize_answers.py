"""How `/authorize` answers: by query, by a form, after a POST, and to whatever may arrive."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from relying_party import REDIRECT_URIS, RelyingParty

from tests.support.world import CHALLENGE, ISSUER, World, authorization_params, query_of

HERE = REDIRECT_URIS["mr"]


def fields_of(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in found}


def test_post_is_parked_and_then_answered_like_a_get(mr: RelyingParty) -> None:
    first = mr.world.browser().post("/authorize", data=mr.params())  # cross-site: no cookie comes
    assert first.status_code == 303
    assert first.headers["Location"].startswith("/authorize/")
    second = mr.browser.get(first.headers["Location"])
    found = query_of(second.headers["Location"])
    assert found.keys() == {"code", "state", "iss"}
    assert mr.redeem(found["code"]).status_code == 200


def test_request_parked_by_post_is_answered_once(mr: RelyingParty) -> None:
    parked = mr.browser.post("/authorize", data=mr.params()).headers["Location"]
    assert "code" in query_of(mr.browser.get(parked).headers["Location"])
    again = mr.browser.get(parked)
    assert again.status_code == 404
    assert "Location" not in again.headers


def test_request_parked_by_post_belongs_to_the_first_browser_that_comes(mr: RelyingParty) -> None:
    parked = mr.browser.post("/authorize", data=mr.params()).headers["Location"]
    first = mr.world.browser().get(parked)
    assert first.headers["Location"].startswith("/login/")
    assert mr.browser.get(parked).status_code == 403


def test_answer_by_query_is_a_303_that_nobody_stores(mr: RelyingParty) -> None:
    response = mr.authorize()
    assert response.status_code == 303
    assert response.headers["Cache-Control"] == "no-store"
    assert query_of(response.headers["Location"])["iss"] == ISSUER


def test_answer_by_form_post_works_without_inline_script(mr: RelyingParty) -> None:
    response = mr.authorize(response_mode="form_post", state='"><script>x</script>')
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert f'<form method="post" action="{HERE}"' in response.text
    fields = fields_of(response.text)
    assert fields.keys() == {"code", "state", "iss"}
    assert fields["state"] == '"><script>x</script>'
    assert mr.redeem(fields["code"]).status_code == 200
    # One script, from a file of ours; nothing inline, and a button where scripts are off.
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", response.text, re.S)
    assert len(scripts) == 1
    source = re.search(r'src="([^"]+)"', scripts[0][0])
    assert source is not None
    assert not scripts[0][1]
    assert mr.browser.get(source[1]).status_code == 200
    assert not re.search(r"\son\w+=|javascript:|style=", response.text)
    assert "<button" in response.text


def test_policy_of_a_form_post_allows_that_form_and_no_other(mr: RelyingParty) -> None:
    policy = mr.authorize(response_mode="form_post").headers["Content-Security-Policy"]
    rules = {one.split()[0]: one.split()[1:] for one in policy.split("; ")}
    assert rules["form-action"] == ["'self'", "http://localhost:9001"]
    assert rules["script-src"] == ["'self'"]
    assert rules["default-src"] == ["'none'"]
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "changes, error",
    [({"scope": "vuce"}, "invalid_scope"), ({"prompt": "none"}, "login_required")],
)
def test_error_goes_back_by_form_post_when_that_was_asked(
    world: World, changes: dict[str, str], error: str
) -> None:
    stranger = RelyingParty(world, world.browser())
    response = stranger.authorize(response_mode="form_post", **changes)
    assert response.status_code == 200
    fields = fields_of(response.text)
    assert (fields["error"], fields["state"], fields["iss"]) == (error, "st", ISSUER)


names = st.sampled_from(
    [*authorization_params(), "prompt", "max_age", "response_mode", "request", "ui_locales", "x"]
)
likely = st.sampled_from(
    ["code", "mr", "spa", HERE, REDIRECT_URIS["spa"], "https://evil.example/", "//evil.example",
     "javascript:alert(1)", "openid", "none", "login", "form_post", "S256", CHALLENGE, "0", ""]
)  # fmt: skip
pairs = st.lists(st.tuples(names | st.text(max_size=8), likely | st.text(max_size=40)), max_size=6)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=pairs, whole=st.booleans(), by_post=st.booleans(), logged_in=st.booleans())
def test_arbitrary_request_never_fails_nor_leads_to_a_stranger(
    world: World, changes: list[tuple[str, str]], whole: bool, by_post: bool, logged_in: bool
) -> None:
    world.services.redis.client.flushall()  # or the limit on parked requests would answer
    party = RelyingParty.logged_in(world) if logged_in else RelyingParty(world, world.browser())
    # On top of a good request, whose values give way, or alone.
    base = [one for one in authorization_params().items() if one[0] not in dict(changes)]
    sent = [*(base if whole else []), *changes]
    query = {name: [value for key, value in sent if key == name] for name, _ in sent}
    if by_post:
        response = party.browser.post("/authorize", data=query)
    else:
        response = party.browser.get("/authorize", query_string=query)
    assert response.status_code in (200, 303, 400)
    registered = {name: HERE if name == "mr" else uri for name, uri in REDIRECT_URIS.items()}
    client_id = next((value for value in query.get("client_id", []) if value), "")
    target = urlsplit(response.headers.get("Location", ""))
    if target.netloc or target.scheme:
        assert f"{target.scheme}://{target.netloc}{target.path}" == registered[client_id]
    elif response.status_code == 303:
        assert target.path.startswith(("/login/", "/authorize/"))
    for action in re.findall(r'<form method="post" action="([^"]+)"', response.text):
        assert action == registered[client_id]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=st.binary(max_size=60))
def test_arbitrary_bytes_are_answered_like_any_text(mr: RelyingParty, query: bytes) -> None:
    escaped = "".join(f"%{byte:02x}" for byte in query)
    alone = mr.browser.get(f"/authorize?{escaped}")
    assert alone.status_code == 400
    assert "Location" not in alone.headers
    good = "&".join(f"{name}={quote(value)}" for name, value in mr.params(state=None).items())
    whole = mr.browser.get(f"/authorize?{good}&state={escaped}")
    assert query_of(whole.headers["Location"]).keys() == {"code", "iss", "state"} - (
        set() if query else {"state"}
    )
