"""The driver against the real mock SUNAT, with every fault that it knows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from federation_servers import ISSUER, MockSunat, log_in

from idp.adapters.http.client import GuardedHttpClient
from idp.federation.clientessol import ClientesSol, Endpoint, access_token
from idp.federation.driver import Failure, ProofRefused, Refusal, UpstreamFailed
from idp.federation.token import Expected, pinned_keys
from idp.kernel.clock import FixedClock
from idp.kernel.identity import Identifier
from idp.kernel.ports import HttpResponse

STATE = "ab" * 16


def driver(
    sunat: MockSunat,
    clock: FixedClock,
    realm: str = "sol",
    pems: dict[str, str] | None = None,
    **changes: object,
) -> ClientesSol:
    path = "clientessol" if realm == "sol" else "clientesextranet"
    options: dict[str, object] = {
        "base_url": sunat.base_url,
        "path": path,
        "client_id": f"vuce-{realm}",
        "client_secret": "sandbox-sunat-secret",
        "timeout": 0.5,
        **changes,
    }
    endpoint = Endpoint(**options)  # type: ignore[arg-type]
    expected = Expected(
        realm=realm,
        issuer=endpoint.token_url,
        client_id=endpoint.client_id,
        tip_origen="IT" if realm == "sol" else "ET",
        pinned=pinned_keys(pems or {}),
    )
    return ClientesSol(
        endpoint=endpoint,
        expected=expected,
        http=GuardedHttpClient(allow=sunat.allow),
        clock=clock,
    )


def returned(upstream: ClientesSol, realm: str = "sol") -> dict[str, str]:
    """What SUNAT gives the callback after its own form was filled in."""
    return log_in(upstream.login_url(STATE, f"{ISSUER}/upstream/{realm}/callback"), realm)


def exchange(upstream: ClientesSol, code: str) -> str:
    return upstream.exchange(code, state=STATE, callback="").identifier.value


def test_login_url_has_sunats_parameters_and_no_others(sunat: MockSunat, clock: FixedClock) -> None:
    upstream = driver(sunat, clock, base_url="https://sunat.test/", path="/clientessol/")
    assert upstream.login_url(STATE, "https://idp.test/upstream/sol/callback") == (
        "https://sunat.test/v1/clientessol/vuce-sol/oauth2/login"
        f"?originalUrl=https%3A%2F%2Fidp.test%2Fupstream%2Fsol%2Fcallback&state={STATE}"
    )


@pytest.mark.parametrize(
    ("realm", "identifier"), [("sol", "20504774288:IMPORTA1"), ("extranet", "EXT0001")]
)
def test_exchange_of_a_real_login_tells_who_it_was(
    realm: str, identifier: str, sunat: MockSunat, clock: FixedClock
) -> None:
    upstream = driver(sunat, clock, realm)
    answer = returned(upstream, realm)
    assert answer["state"] == STATE
    facts = upstream.exchange(answer["code"], state=STATE, callback="")
    assert facts.identifier == Identifier(realm, identifier)
    with pytest.raises(ProofRefused) as caught:
        exchange(upstream, answer["code"])
    assert caught.value.reason is Refusal.CODE


@pytest.mark.parametrize(
    ("fault", "reasons"),
    [
        ("down", {Failure.CONNECT, Failure.PROTOCOL}),
        ("slow", {Failure.TIMEOUT}),
        ("error500", {Failure.SERVER_ERROR}),
        ("empty200", {Failure.EMPTY}),
        ("html200", {Failure.HTML}),
        ("huge", {Failure.TOO_LARGE}),
        ("redirect", {Failure.REDIRECT}),
        ("bad_json", {Failure.NOT_JSON}),
    ],
)
def test_exchange_with_sunat_in_trouble_fails_with_its_reason(
    fault: str, reasons: set[Failure], sunat: MockSunat, clock: FixedClock
) -> None:
    upstream = driver(sunat, clock)
    code = returned(upstream)["code"]
    sunat.misbehave("sol", fault, 2)
    with pytest.raises(UpstreamFailed) as caught:
        exchange(upstream, code)
    assert caught.value.reason in reasons


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("bad_jwt", Refusal.MALFORMED),
        ("wrong_iss", Refusal.ISSUER),
        ("expired", Refusal.EXPIRED),
        ("not_yet_valid", Refusal.NOT_YET),
        ("altered_ruc", Refusal.SUBJECT),
        ("altered_login", Refusal.LOGIN),
        ("other_realm", Refusal.ORIGIN),
        ("other_client", Refusal.CLIENT),
    ],
)
@pytest.mark.parametrize("realm", ["sol", "extranet"])
def test_exchange_spoilt_token_is_refused_with_its_reason(
    fault: str, reason: Refusal, realm: str, sunat: MockSunat, clock: FixedClock
) -> None:
    upstream = driver(sunat, clock, realm)
    code = returned(upstream, realm)["code"]
    sunat.misbehave(realm, fault)
    with pytest.raises(ProofRefused) as caught:
        exchange(upstream, code)
    assert caught.value.reason is reason


def test_exchange_with_sunats_pinned_key_tells_an_altered_signature(
    sunat: MockSunat, clock: FixedClock
) -> None:
    upstream = driver(sunat, clock, pems=sunat.public_keys())
    assert exchange(upstream, returned(upstream)["code"]) == "20504774288:IMPORTA1"
    sunat.misbehave("sol", "bad_signature")
    with pytest.raises(ProofRefused) as caught:
        exchange(upstream, returned(upstream)["code"])
    assert caught.value.reason is Refusal.SIGNATURE


def test_exchange_after_a_fault_recovers_by_itself(sunat: MockSunat, clock: FixedClock) -> None:
    upstream = driver(sunat, clock)
    sunat.misbehave("sol", "error500")
    with pytest.raises(UpstreamFailed):
        exchange(upstream, returned(upstream)["code"])
    sunat.misbehave("sol", "up")
    assert exchange(upstream, returned(upstream)["code"]) == "20504774288:IMPORTA1"


def test_exchange_while_sunat_hangs_leaves_the_other_threads_free(
    sunat: MockSunat, clock: FixedClock
) -> None:
    upstream = driver(sunat, clock, parallel=2, timeout=3.0)
    codes = [returned(upstream)["code"] for _ in range(6)]
    sunat.misbehave("sol", "slow", 2)

    def outcome(code: str) -> str:
        try:
            return exchange(upstream, code)
        except UpstreamFailed as failed:
            return failed.reason

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(outcome, codes))
    assert outcomes == ["20504774288:IMPORTA1"] * 2 + [Failure.BUSY] * 4
    sunat.reset()
    assert exchange(upstream, returned(upstream)["code"]) == "20504774288:IMPORTA1"


@pytest.mark.parametrize(
    "changes",
    [
        {"client_secret": "wrong"},
        {"grant_type": "password"},
        {"code_field": "kode", "extra_fields": {"scope": "other"}},
        {"extra_fields": {"client_id": "other"}},
    ],
    ids=["secret", "grant", "scope", "client"],
)
def test_exchange_as_a_stranger_is_our_failure_not_the_persons(
    changes: dict[str, object], sunat: MockSunat, clock: FixedClock
) -> None:
    upstream = driver(sunat, clock, **changes)
    code = returned(upstream)["code"]
    with pytest.raises(UpstreamFailed) as caught:
        exchange(upstream, code)
    assert caught.value.reason is Failure.CLIENT_REFUSED


def test_exchange_extra_fields_replace_and_empty_ones_leave_out(
    sunat: MockSunat, clock: FixedClock
) -> None:
    upstream = driver(
        sunat,
        clock,
        grant_type="overridden",
        extra_fields={"grant_type": "authorization_code", "scope": ""},
    )
    assert exchange(upstream, returned(upstream)["code"]) == "20504774288:IMPORTA1"


def test_exchange_unlisted_private_address_fails(sunat: MockSunat, clock: FixedClock) -> None:
    upstream = driver(sunat, clock, base_url="http://10.255.255.1:1")
    with pytest.raises(UpstreamFailed) as caught:
        exchange(upstream, "code")
    assert caught.value.reason is Failure.ADDRESS


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, b'{"error":"invalid_grant"}', Refusal.CODE),
        (401, b'{"error":"invalid_grant"}', Refusal.CODE),
        (200, b'{"error":"invalid_grant"}', Refusal.CODE),
        (401, b'{"error":"unauthorized_client"}', Failure.CLIENT_REFUSED),
        (400, b'{"error":"invalid_scope"}', Failure.CLIENT_REFUSED),
        (400, b"<html>", Failure.CLIENT_REFUSED),
        (403, b"", Failure.CLIENT_REFUSED),
        (404, b"{}", Failure.STATUS),
        (429, b"{}", Failure.STATUS),
        (204, b"", Failure.STATUS),
        (503, b'{"error":"invalid_grant"}', Failure.SERVER_ERROR),
        (200, b" \r\n", Failure.EMPTY),
        (200, b"[]", Failure.NOT_JSON),
        (200, b"\xff\xfe", Failure.NOT_JSON),
        (200, b"[" * 50_000, Failure.NOT_JSON),
        (200, b"{}", Failure.NO_TOKEN),
        (200, b'{"access_token":""}', Failure.NO_TOKEN),
        (200, b'{"access_token":7}', Failure.NO_TOKEN),
        (200, b'{"error":["invalid_grant"]}', Failure.NO_TOKEN),
    ],
)
def test_access_token_of_each_answer_says_whose_fault_it_is(
    status: int, body: bytes, expected: Failure | Refusal
) -> None:
    with pytest.raises((UpstreamFailed, ProofRefused)) as caught:
        access_token(HttpResponse(status, body))
    assert caught.value.reason is expected  # type: ignore[attr-defined]


def test_access_token_ignores_token_type() -> None:
    body = b'\xef\xbb\xbf{"access_token":"a.b.c","token_type":"whatever","expires_in":3600}'
    assert access_token(HttpResponse(200, body)) == "a.b.c"
