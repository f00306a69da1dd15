"""The guarded client against real servers on loopback."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from idp.adapters.http.client import GuardedHttpClient
from idp.kernel.ports import HttpFailure

LOOPBACK = ("127.0.0.0/8", "::1/128")


def answer(body: bytes, status: str = "200 OK", *headers: str) -> Callable[..., None]:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return lambda connection, _: connection.sendall("\r\n".join(lines).encode() + body)


def reason_of(call: Callable[[], object]) -> str:
    with pytest.raises(HttpFailure) as caught:
        call()
    return caught.value.reason


def test_get_allowed_address_returns_status_headers_and_body(serve: Any) -> None:
    server = serve(answer(b"hola", "418 Teapot", "X-Kind: tea"))
    client = GuardedHttpClient(allow=(f"localhost:{server.port}",))
    found = client.get(f"http://localhost:{server.port}/a?b=c", headers={"X-Mine": "1"})
    assert (found.status, found.body, found.headers["x-kind"]) == (418, b"hola", "tea")
    head = server.requests[0]
    assert head.startswith(b"GET /a?b=c HTTP/1.1\r\n")
    assert f"Host: localhost:{server.port}".encode() in head
    assert b"X-Mine: 1" in head


def test_post_form_fields_arrive_url_encoded(serve: Any) -> None:
    server = serve(answer(b"{}"))
    GuardedHttpClient(allow=LOOPBACK).post_form(
        f"http://127.0.0.1:{server.port}/token/", {"code": "a b&c", "grant": "ñ"}
    )
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /token/ HTTP/1.1")
    assert b"application/x-www-form-urlencoded" in head
    assert body == b"code=a+b%26c&grant=%C3%B1"


def test_post_body_arrives_as_it_is(serve: Any) -> None:
    server = serve(answer(b"", "202 Accepted"))
    found = GuardedHttpClient(allow=LOOPBACK).post(
        f"http://127.0.0.1:{server.port}/events",
        b"a.b.c",
        content_type="application/secevent+jwt",
        headers={"Accept": "application/json"},
    )
    assert found.status == 202
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /events HTTP/1.1")
    assert b"Content-Type: application/secevent+jwt" in head
    assert b"Accept: application/json" in head
    assert body == b"a.b.c"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fec0::1",
        "::127.0.0.1", "::10.0.0.1", "::ffff:0:10.0.0.1", "3fff::1", "5f00::1",
        "not-an-address",
    ],
)  # fmt: skip
def test_get_private_address_is_refused_unconnected(address: str) -> None:
    client = GuardedHttpClient(resolver=lambda host, port: [address])
    assert reason_of(lambda: client.get("http://innocent.test/")) == "refused_address"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f.1", "[::ffff:7f00:1]"]
)
def test_get_loopback_spelt_otherwise_is_refused(host: str, serve: Any) -> None:
    server = serve(answer(b"secret"))
    client = GuardedHttpClient()
    assert reason_of(lambda: client.get(f"http://{host}:{server.port}/")) == "refused_address"
    assert server.requests == []


def test_get_allowed_host_on_another_port_is_refused(serve: Any) -> None:
    server = serve(answer(b""))
    client = GuardedHttpClient(allow=(f"localhost:{server.port + 1}",))
    assert reason_of(lambda: client.get(f"http://localhost:{server.port}/")) == "refused_address"


def test_get_name_that_rebinds_goes_to_the_address_that_was_judged(serve: Any) -> None:
    good, bad = serve(answer(b"good"), host="127.0.0.1"), None
    bad = serve(answer(b"bad"), host="127.0.0.2", port=good.port)
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    client = GuardedHttpClient(allow=("127.0.0.1/32",), resolver=rebinding)
    url = f"http://rebind.test:{good.port}/"
    assert client.get(url).body == b"good"
    assert asked == ["rebind.test"]
    assert f"Host: rebind.test:{good.port}".encode() in good.requests[0]
    assert reason_of(lambda: client.get(url)) == "refused_address"
    assert bad.requests == []


def test_get_mixed_answers_uses_only_what_is_allowed(serve: Any) -> None:
    server = serve(answer(b"ok"))
    client = GuardedHttpClient(
        allow=("127.0.0.1/32",), resolver=lambda host, port: ["10.0.0.1", "127.0.0.1"]
    )
    assert client.get(f"http://mixed.test:{server.port}/").body == b"ok"


def test_get_first_address_refuses_connection_tries_the_next(serve: Any) -> None:
    server = serve(answer(b"ok"), host="127.0.0.3")
    client = GuardedHttpClient(
        allow=LOOPBACK, resolver=lambda host, port: ["127.0.0.4", "127.0.0.3"]
    )
    assert client.get(f"http://two.test:{server.port}/").body == b"ok"


def test_get_first_address_swallows_packets_leaves_time_for_the_next(serve: Any) -> None:
    server = serve(answer(b"ok"), host="127.0.0.3")
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.4", server.port))
        full.listen(0)
        for _ in range(8):  # a full backlog drops whoever comes next
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect(("127.0.0.4", server.port))
        client = GuardedHttpClient(
            allow=LOOPBACK, resolver=lambda host, port: ["127.0.0.4", "127.0.0.3"]
        )
        assert client.get(f"http://two.test:{server.port}/", timeout=4.0).body == b"ok"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 T", "308 P"])
def test_get_redirect_is_an_answer_and_not_followed(status: str, serve: Any) -> None:
    target = serve(answer(b"secret"))
    server = serve(answer(b"", status, f"Location: http://127.0.0.1:{target.port}/"))
    found = GuardedHttpClient(allow=LOOPBACK).get(f"http://127.0.0.1:{server.port}/")
    assert found.status == int(status[:3])
    assert target.requests == []


def test_get_body_at_the_cap_passes_and_beyond_fails(serve: Any) -> None:
    server = serve(answer(b"x" * 1000))
    client, url = GuardedHttpClient(allow=LOOPBACK), f"http://127.0.0.1:{server.port}/"
    assert len(client.get(url, max_bytes=1000).body) == 1000
    assert reason_of(lambda: client.get(url, max_bytes=999)) == "too_large"


def test_get_endless_chunked_body_is_cut_at_the_cap(serve: Any) -> None:
    sent = []

    def endless(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            sent.append(4096)

    server = serve(endless)
    client = GuardedHttpClient(allow=LOOPBACK)
    url = f"http://127.0.0.1:{server.port}/"
    assert reason_of(lambda: client.get(url, max_bytes=50_000, timeout=10)) == "too_large"
    assert sum(sent) < 50_000_000


def _drip(piece: bytes, first: bytes = b"") -> Callable[..., None]:
    """A byte at a time: each arrives in time for any time-out of a single read."""

    def handler(connection: socket.socket, _: bytes) -> None:
        connection.sendall(first)
        for _ in range(400):
            connection.sendall(piece)
            time.sleep(0.05)

    return handler


@pytest.mark.parametrize(
    ("name", "handler"),
    [
        ("silent", lambda connection, _: time.sleep(4)),
        ("dripping head", _drip(b"X", b"HTTP/1.1 200 OK\r\nX-Drip: ")),
        ("dripping body", _drip(b"x", b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n")),
        ("dripping chunks", _drip(b"1\r\nx\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_get_slow_server_ends_at_the_total_timeout(name: str, handler: Any, serve: Any) -> None:
    server = serve(handler)
    client = GuardedHttpClient(allow=LOOPBACK)
    began = time.monotonic()
    url = f"http://127.0.0.1:{server.port}/"
    assert reason_of(lambda: client.get(url, timeout=0.5)) == "timeout"
    assert time.monotonic() - began < 2


def test_get_slow_name_server_ends_at_the_total_timeout() -> None:
    release = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        release.wait(5)
        return ["127.0.0.1"]

    client = GuardedHttpClient(allow=LOOPBACK, resolver=slow)
    try:
        assert reason_of(lambda: client.get("http://slow.test/", timeout=0.2)) == "timeout"
    finally:
        release.set()


def _cut(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


@pytest.mark.parametrize(
    "handler",
    [
        lambda connection, _: None,
        _cut,
        lambda connection, _: connection.sendall(b"\x16\x03\x01 not HTTP\r\n\r\n"),
        lambda connection, _: connection.sendall(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"
        ),
        lambda connection, _: connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500),
    ],
    ids=["closes at once", "half a body", "not HTTP", "bad chunk", "too many headers"],
)
def test_get_broken_answer_is_a_protocol_failure(handler: Any, serve: Any) -> None:
    server = serve(handler)
    client = GuardedHttpClient(allow=LOOPBACK)
    assert reason_of(lambda: client.get(f"http://127.0.0.1:{server.port}/", timeout=3)) in (
        "protocol",
        "connect",
    )


def test_get_nobody_listening_is_a_connect_failure(serve: Any) -> None:
    server = serve(answer(b""))
    server.stop()
    with socket.create_server(("127.0.0.1", 0)) as held:
        free = held.getsockname()[1]
    client = GuardedHttpClient(allow=LOOPBACK)
    assert reason_of(lambda: client.get(f"http://127.0.0.1:{free}/")) == "connect"


def test_get_unknown_name_is_a_connect_failure() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    client = GuardedHttpClient(resolver=unknown)
    assert reason_of(lambda: client.get("http://nowhere.test/")) == "connect"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.test/", "file:///etc/passwd", "http:///x", "https://user@a.test/", "//a.test/",
        "http://a.test:99999/", "http://a.test/\r\nX: y", "http://a b.test/", "http://a.test\\@b/",
        "http://ñ.test/", "", "http://[::1",
    ],
)  # fmt: skip
def test_get_unusable_url_is_refused(url: str) -> None:
    client = GuardedHttpClient(allow=LOOPBACK, resolver=lambda host, port: ["127.0.0.1"])
    assert reason_of(lambda: client.get(url)) == "protocol"


@pytest.mark.parametrize("entry", ["localhost", "host:port", ":80", "10.0.0.0/99", ""])
def test_client_malformed_allow_entry_raises(entry: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        GuardedHttpClient(allow=(entry,))


def test_get_tls_with_the_right_name_and_ca_succeeds_by_pinned_address(
    serve: Any, tls: ssl.SSLContext, certificate: tuple[Path, Path]
) -> None:
    names: list[str | None] = []
    tls.sni_callback = lambda sock, name, context: names.append(name)
    server = serve(answer(b"ok"), tls=tls)
    client = GuardedHttpClient(
        allow=LOOPBACK, ca_file=certificate[0], resolver=lambda host, port: ["127.0.0.1"]
    )
    assert client.get(f"https://sunat.test:{server.port}/").body == b"ok"
    assert names == ["sunat.test"]


@pytest.mark.parametrize(
    ("host", "trusted"), [("other.test", True), ("sunat.test", False), ("127.0.0.1", True)]
)
def test_get_tls_with_wrong_name_or_unknown_ca_fails(
    host: str, trusted: bool, serve: Any, tls: ssl.SSLContext, certificate: tuple[Path, Path]
) -> None:
    server = serve(answer(b"ok"), tls=tls)
    client = GuardedHttpClient(
        allow=LOOPBACK,
        ca_file=certificate[0] if trusted else None,
        resolver=lambda name, port: ["127.0.0.1"],
    )
    assert reason_of(lambda: client.get(f"https://{host}:{server.port}/")) == "tls"
    assert server.requests == []


def _proxy(target_port: int) -> Callable[..., None]:
    """A forward proxy that sends everything to one local port, whatever the name."""

    def handler(connection: socket.socket, request: bytes) -> None:
        with socket.create_connection(("127.0.0.1", target_port), timeout=5) as onward:
            if request.startswith(b"CONNECT "):
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                onward.sendall(request)
            back = threading.Thread(target=_pump, args=(onward, connection), daemon=True)
            back.start()
            _pump(connection, onward)
            back.join(5)

    return handler


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while chunk := source.recv(4096):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def _never(host: str, port: int) -> list[str]:
    if host == "127.0.0.1":
        return ["127.0.0.1"]
    raise AssertionError("the proxy resolves")


def test_get_through_proxy_leaves_resolving_to_it(serve: Any) -> None:
    server = serve(answer(b"ok"))
    proxy = serve(_proxy(server.port))
    client = GuardedHttpClient(proxy=f"http://127.0.0.1:{proxy.port}", resolver=_never)
    assert client.get("http://sunat.test/a").body == b"ok"
    assert proxy.requests[0].startswith(b"GET http://sunat.test/a HTTP/1.1\r\n")
    assert b"Host: sunat.test\r\n" in proxy.requests[0]


def test_get_tls_through_proxy_checks_the_name_end_to_end(
    serve: Any, tls: ssl.SSLContext, certificate: tuple[Path, Path]
) -> None:
    server = serve(answer(b"ok"), tls=tls)
    proxy = serve(_proxy(server.port))
    client = GuardedHttpClient(
        proxy=f"http://127.0.0.1:{proxy.port}", ca_file=certificate[0], resolver=_never
    )
    assert client.get("https://sunat.test/a").body == b"ok"
    assert proxy.requests[0].startswith(b"CONNECT sunat.test:443 HTTP/1.")
    assert reason_of(lambda: client.get("https://other.test/")) == "tls"


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "[::1]", "2130706433"])
def test_get_through_proxy_private_literal_is_refused(host: str, serve: Any) -> None:
    proxy = serve(answer(b"secret"))
    client = GuardedHttpClient(proxy=f"http://127.0.0.1:{proxy.port}")
    assert reason_of(lambda: client.get(f"http://{host}/")) == "refused_address"
    assert proxy.requests == []


def test_get_proxy_that_drips_its_connect_answer_ends_at_the_timeout(serve: Any) -> None:
    proxy = serve(_drip(b"X", b"HTTP/1.1 200 OK\r\nX-Drip: "))
    client = GuardedHttpClient(proxy=f"http://127.0.0.1:{proxy.port}")
    assert reason_of(lambda: client.get("https://sunat.test/", timeout=0.5)) == "timeout"
