"""The login path of a SUNAT that misbehaves, gone over loopback HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from federation_servers import ISSUER, MockSunat

from idp.adapters.http.client import GuardedHttpClient
from idp.federation.clientessol import Endpoint
from idp.federation.oidc_path import OidcClient, OidcPath
from idp.federation.probe import ClientesSolPath, LoginPathProbe, Manner, Path
from idp.kernel.clock import SystemClock
from idp.kernel.random import SeededRandom
from idp.settings import Upstream
from idp.upstream_status.observations import Outcome, Step, StepResult
from idp.wiring.prober import probe as probe_of
from sandbox.sunat.faults import setting_of

OK, FAILED, SLOW = Outcome.OK, Outcome.FAILED, Outcome.SLOW
MANNER = Manner(agent="VUCE-prober/1", timeout=0.6, slow=0.3)


def endpoint_of(sunat: MockSunat, realm: str = "sol", **changes: Any) -> Endpoint:
    path = {"sol": "clientessol", "extranet": "clientesextranet"}[realm]
    found = Endpoint(
        base_url=sunat.base_url,
        path=path,
        client_id=f"vuce-{realm}",
        client_secret="sandbox-sunat-secret",
    )
    return replace(found, **changes)


def probed(
    path: Path, manner: Manner = MANNER, pauses: list[float] | None = None
) -> dict[Step, StepResult]:
    """By step. Pauses are noted instead of waited for."""
    http = GuardedHttpClient(allow=("127.0.0.1/32",))
    probe = LoginPathProbe(
        path=path,
        manner=manner,
        http=http,
        clock=SystemClock(),
        random=SeededRandom(1),
        pause=(pauses if pauses is not None else []).append,
    )
    found = probe.run()
    http.close()
    assert [one.step for one in found] == [Step.FORM, Step.TOKEN]
    return {one.step: one for one in found}


def sunat_path(sunat: MockSunat, realm: str = "sol", **changes: Any) -> ClientesSolPath:
    callback = f"{ISSUER}/upstream/{realm}/callback"
    return ClientesSolPath(endpoint_of(sunat, realm, **changes), callback)


@pytest.mark.parametrize("realm", ["sol", "extranet"])
def test_sunat_that_works_shows_its_form_and_refuses_the_code(sunat: MockSunat, realm: str) -> None:
    found = probed(sunat_path(sunat, realm))
    assert found[Step.FORM].outcome is OK
    assert found[Step.TOKEN].outcome is OK
    assert (found[Step.FORM].status, found[Step.TOKEN].status) == (200, 400)
    assert found[Step.FORM].tries == found[Step.TOKEN].tries == 1


@pytest.mark.parametrize(
    ("fault", "where", "step", "code", "status"),
    [
        ("down", "login", Step.FORM, "protocol", None),
        ("error500", "login", Step.FORM, "server_error", 500),
        ("empty200", "login", Step.FORM, "empty_body", 200),
        ("html200", "login", Step.FORM, "no_form", 200),
        ("slow", "login", Step.FORM, "timeout", None),
        ("down", "token", Step.TOKEN, "protocol", None),
        ("error500", "token", Step.TOKEN, "server_error", 500),
        ("empty200", "token", Step.TOKEN, "empty_body", 200),
        ("html200", "token", Step.TOKEN, "html_body", 200),
        ("slow", "token", Step.TOKEN, "timeout", None),
        ("redirect", "token", Step.TOKEN, "redirect", 302),
        ("bad_json", "token", Step.TOKEN, "not_json", 200),
        ("huge", "token", Step.TOKEN, "too_large", None),
        ("unauthorized_client", "token", Step.TOKEN, "client_refused", 401),
        ("invalid_scope", "token", Step.TOKEN, "client_refused", 400),
    ],
)
def test_each_way_to_misbehave_fails_its_step_alone(
    sunat: MockSunat, fault: str, where: str, step: Step, code: str, status: int | None
) -> None:
    sunat._board.set("sol", setting_of(fault, 5, where))
    found = probed(sunat_path(sunat))
    assert (found[step].outcome, found[step].status) == (FAILED, status)
    # A connection that is cut before an answer is told in several ways.
    assert found[step].code in ({"protocol", "connect"} if code == "protocol" else {code})
    other = Step.TOKEN if step is Step.FORM else Step.FORM
    assert found[other].outcome is OK


def test_right_answer_that_comes_too_late_is_slow(sunat: MockSunat) -> None:
    sunat._board.set("sol", setting_of("slow", 0.35, "token"))
    found = probed(sunat_path(sunat))[Step.TOKEN]
    assert (found.outcome, found.code, found.status) == (SLOW, "slow", 400)
    assert found.ms >= 300


def test_callback_that_is_not_registered_shows_no_form(sunat: MockSunat) -> None:
    path = ClientesSolPath(endpoint_of(sunat), "http://localhost:8000/otro")
    found = probed(path)[Step.FORM]
    assert (found.code, found.status) == ("unexpected_status", 400)


def test_errors_that_an_operator_named_are_health(sunat: MockSunat) -> None:
    sunat.misbehave("sol", "unauthorized_client")
    manner = replace(MANNER, errors=frozenset({"unauthorized_client"}))
    assert probed(sunat_path(sunat), manner)[Step.TOKEN].outcome is OK
    sunat.misbehave("sol", "invalid_scope")
    assert probed(sunat_path(sunat), manner)[Step.TOKEN].outcome is FAILED


def test_upstream_is_probed_as_its_settings_say(sunat: MockSunat) -> None:
    settings = SimpleNamespace(issuer=ISSUER, probe_slow=10)
    http = GuardedHttpClient(allow=("127.0.0.1/32",))
    base: Any = SimpleNamespace(
        settings=settings, http=http, clock=SystemClock(), random=SeededRandom(1)
    )
    upstream = Upstream(
        realm="sol",
        base_url=sunat.base_url,
        client_id="vuce-sol",
        client_secret="sandbox-sunat-secret",
        timeout=2.0,
    )
    told = replace(upstream, probe_errors="otro unauthorized_client", probe_form="Clave +Bot")
    assert [one.code for one in probe_of(upstream, base).run()] == ["", ""]
    sunat.misbehave("sol", "unauthorized_client")
    assert [one.code for one in probe_of(upstream, base).run()] == ["", "client_refused"]
    assert [one.code for one in probe_of(told, base).run()] == ["no_form", ""]
    http.close()


def test_passing_failure_is_tried_twice_and_a_time_out_once(sunat: MockSunat) -> None:
    pauses: list[float] = []
    sunat.misbehave("sol", "error500")
    assert probed(sunat_path(sunat), pauses=pauses)[Step.TOKEN].tries == 2
    assert pauses == [1.0]
    sunat.misbehave("sol", "slow", 5)
    assert probed(sunat_path(sunat), pauses=pauses)[Step.TOKEN].tries == 1


def test_nobody_listens_is_a_failure_of_both_steps(sunat: MockSunat) -> None:
    found = probed(sunat_path(sunat, base_url="http://127.0.0.1:1"))
    assert {one.code for one in found.values()} == {"connect"}


def test_tls_that_is_refused_is_a_failure(sunat: MockSunat) -> None:
    found = probed(sunat_path(sunat, base_url=sunat.base_url.replace("http:", "https:")))
    assert {one.outcome for one in found.values()} == {FAILED}
    assert {one.code for one in found.values()} <= {"tls", "protocol", "connect"}


class Odd(BaseHTTPRequestHandler):
    """Answers by path as its server's `answers` say: (status, headers, body)."""

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.server.bodies.append(self.rfile.read(length).decode())  # type: ignore[attr-defined]
        self.answer()

    def answer(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        path = self.path.partition("?")[0]
        status, headers, body = self.server.answers[path]  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def odd(answers: dict[str, Any]) -> Iterator[Any]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    server.answers, server.asked, server.bodies = answers, [], []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


HTML = {"Content-Type": "text/html; charset=utf-8"}
JSON = {"Content-Type": "application/json"}
FORM = b"<form method=post><INPUT name=clave\n type = 'password'></form>"
PREFIX = "/v1/clientessol/vuce-sol/oauth2"
REFUSED = (400, JSON, b'{"error":"invalid_grant"}')


def odd_path(server: Any) -> ClientesSolPath:
    endpoint = Endpoint(
        base_url=f"http://127.0.0.1:{server.server_port}",
        path="clientessol",
        client_id="vuce-sol",
        client_secret="secreto",
        extra_fields={"scope": "https://api.sunat.gob.pe"},
    )
    return ClientesSolPath(endpoint, f"{ISSUER}/upstream/sol/callback")


@pytest.mark.parametrize(
    ("answer", "redirects", "outcome", "code"),
    [
        ((200, HTML, FORM), 0, OK, ""),
        ((200, HTML, b"<h1>Mantenimiento</h1>"), 0, FAILED, "no_form"),
        ((200, HTML, b" \n "), 0, FAILED, "empty_body"),
        ((200, JSON, FORM), 0, FAILED, "not_html"),
        ((404, HTML, FORM), 0, FAILED, "unexpected_status"),
        ((302, {"Location": "/otra"}, b""), 0, FAILED, "unexpected_redirect"),
        ((302, {"Location": "/otra"}, b""), 1, OK, ""),
        ((302, {"Location": "http://127.0.0.1:1/otra"}, b""), 3, FAILED, "unexpected_redirect"),
        ((302, {}, b""), 3, FAILED, "unexpected_redirect"),
    ],
)
def test_login_page(answer: Any, redirects: int, outcome: Outcome, code: str) -> None:
    with odd({f"{PREFIX}/login": answer, f"{PREFIX}/token/": REFUSED, "/otra": (200, HTML, FORM)}) as server:  # fmt: skip
        found = probed(odd_path(server), replace(MANNER, redirects=redirects, timeout=5))
        assert (found[Step.FORM].outcome, found[Step.FORM].code) == (outcome, code)


@pytest.mark.parametrize(
    ("answer", "outcome", "code"),
    [
        ((401, JSON, b'{"error":"invalid_grant"}'), OK, ""),
        ((200, JSON, b'{"access_token":"x.y.z"}'), FAILED, "token_for_no_code"),
        ((200, JSON, b"{}"), FAILED, "no_token"),
        ((400, HTML, b"<h1>Bad Request</h1>"), FAILED, "client_refused"),
        ((404, JSON, b'{"error":"invalid_grant"}'), FAILED, "unexpected_status"),
        ((503, JSON, b'{"error":"invalid_grant"}'), FAILED, "server_error"),
    ],
)
def test_token_endpoint(answer: Any, outcome: Outcome, code: str) -> None:
    with odd({f"{PREFIX}/login": (200, HTML, FORM), f"{PREFIX}/token/": answer}) as server:
        found = probed(odd_path(server), replace(MANNER, timeout=5))
        assert (found[Step.TOKEN].outcome, found[Step.TOKEN].code) == (outcome, code)


def test_probe_says_who_it_is_and_sends_no_code_twice() -> None:
    with odd({f"{PREFIX}/login": (200, HTML, FORM), f"{PREFIX}/token/": REFUSED}) as server:
        path = odd_path(server)
        http, random = GuardedHttpClient(allow=("127.0.0.1/32",)), SeededRandom(3)
        probe = LoginPathProbe(
            path=path, manner=MANNER, http=http, clock=SystemClock(), random=random
        )
        probe.run()
        probe.run()
        http.close()
        assert {asked["User-Agent"] for _, asked in server.asked} == {"VUCE-prober/1"}
        assert len(set(server.bodies)) == 2
        assert all("code=sonda-" in body for body in server.bodies)
        assert all("scope=https%3A%2F%2Fapi.sunat.gob.pe" in body for body in server.bodies)


def issuer_answers(server: Any, **metadata: Any) -> str:
    issuer = f"http://127.0.0.1:{server.server_port}"
    told = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/auth?tenant=vuce",
        "token_endpoint": f"{issuer}/token",
        **metadata,
    }
    server.answers.update(
        {
            "/.well-known/openid-configuration": (200, JSON, json.dumps(told).encode()),
            "/auth": (303, {"Location": "/login", "Set-Cookie": "s=1; Path=/; HttpOnly"}, b""),
            "/login": (200, HTML, FORM),
            "/token": REFUSED,
        }
    )
    return issuer


def oidc_path(issuer: str) -> OidcPath:
    client = OidcClient(
        issuer, "vuce", f"{ISSUER}/upstream/extranet/callback", "secreto", timeout=5
    )
    return OidcPath(client, http=GuardedHttpClient(allow=("127.0.0.1/32",)), clock=SystemClock())


def test_openid_issuer_is_probed_by_its_own_metadata() -> None:
    with odd({}) as server:
        path = oidc_path(issuer_answers(server))
        found = probed(path, replace(MANNER, redirects=2, timeout=5))
        assert {one.outcome for one in found.values()} == {OK}
        asked = dict(server.asked)
        assert asked["/login"]["Cookie"] == "s=1"
        assert any(one.startswith("/auth?tenant=vuce&response_type=code") for one in asked)
        assert "code_verifier=" in server.bodies[0]


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"issuer": "http://otro.example"}, "metadata_of_another"),
        ({"authorization_endpoint": None, "token_endpoint": 5}, "metadata_incomplete"),
    ],
)
def test_openid_issuer_with_wrong_metadata_fails_both_steps(
    metadata: dict[str, Any], code: str
) -> None:
    with odd({}) as server:
        found = probed(oidc_path(issuer_answers(server, **metadata)), replace(MANNER, timeout=5))
        assert {one.code for one in found.values()} == {code}


def test_openid_issuer_without_metadata_fails_both_steps() -> None:
    with odd({}) as server:
        issuer = issuer_answers(server)
        server.answers["/.well-known/openid-configuration"] = (503, HTML, b"")
        found = probed(oidc_path(issuer), replace(MANNER, timeout=5))
        assert {(one.code, one.status) for one in found.values()} == {("metadata_missing", 503)}
