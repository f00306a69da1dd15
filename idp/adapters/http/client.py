"""The one way out: `kernel.ports.HttpClient` over urllib3's connections.

The name is resolved once and the connection goes to the very address that was judged, so that a
name which changes its mind in between (DNS rebinding) gains nothing; Host and TLS keep the name.
Each call is a connection of its own: a pool would save little here and share fates.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from idp.adapters.http.addresses import AllowList
from idp.adapters.http.deadline import Cutter, Deadline
from idp.kernel.ports import HttpFailure, HttpResponse
from idp.kernel.tls import trust

Resolver = Callable[[str, int], list[str]]
_CHUNK = 16_384


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, in the system's order of preference. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str
    url: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = {"http": 80, "https": 443}[self.scheme]
        return host if self.port == default else f"{host}:{self.port}"


class GuardedHttpClient:
    """See the port for what is promised.

    allow: `host:port` or CIDR entries that may be private. proxy: an `http://` proxy for every
    call, which then resolves names itself (so only literal addresses are judged here). ca_file: a
    CA bundle in the place of the system's.
    """

    def __init__(
        self,
        *,
        allow: tuple[str, ...] = (),
        proxy: str | None = None,
        ca_file: Path | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        self._allow = AllowList(allow)
        self._proxy = _proxy_address(proxy)
        self._tls = trust("http", ca_file, also_system=False)
        self._resolver = resolver
        # getaddrinfo knows no time-out: it waits in a thread that a call can give up on.
        self._resolving = ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolve")

    def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, timeout: float = 10.0,
        max_bytes: int = 262_144,
    ) -> HttpResponse:  # fmt: skip
        """GET; any status is an answer (redirects are not followed). Raises HttpFailure."""
        return self._call("GET", url, None, dict(headers or {}), timeout, max_bytes)

    def post_form(
        self, url: str, fields: Mapping[str, str], *, headers: Mapping[str, str] | None = None,
        timeout: float = 10.0, max_bytes: int = 262_144,
    ) -> HttpResponse:  # fmt: skip
        """POST as application/x-www-form-urlencoded. Raises HttpFailure."""
        sent = {**(headers or {}), "Content-Type": "application/x-www-form-urlencoded"}
        return self._call("POST", url, urlencode(fields).encode(), sent, timeout, max_bytes)

    def post(
        self, url: str, body: bytes, *, content_type: str,
        headers: Mapping[str, str] | None = None, timeout: float = 10.0, max_bytes: int = 262_144,
    ) -> HttpResponse:  # fmt: skip
        """POST of a body as it is. Raises HttpFailure."""
        sent = {**(headers or {}), "Content-Type": content_type}
        return self._call("POST", url, body, sent, timeout, max_bytes)

    def close(self) -> None:
        """End the threads that resolve names; a call afterwards fails."""
        self._resolving.shutdown(wait=False, cancel_futures=True)

    def _call(
        self, method: str, url: str, body: bytes | None, headers: dict[str, str],
        timeout: float, max_bytes: int,
    ) -> HttpResponse:  # fmt: skip
        deadline = Deadline(timeout)
        target = _target(url)
        headers = {
            "Host": target.authority,
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        path = target.url if self._proxy and target.scheme == "http" else target.path
        with Cutter(deadline) as cutter:
            try:
                connection = self._connect(target, deadline, cutter)
                deadline.check()
                connection.request(
                    method, path, body=body, headers=headers,
                    preload_content=False, decode_content=False,
                )  # fmt: skip
                answer = connection.getresponse()
                found = _read(answer, max_bytes, deadline)
                deadline.check()
                received = {name.lower(): value for name, value in answer.headers.items()}
                return HttpResponse(answer.status, found, received)
            except HttpFailure:
                raise
            except Exception as error:
                raise _failure(error, deadline) from error

    def _connect(self, target: _Target, deadline: Deadline, cutter: Cutter) -> HTTPConnection:
        """Connect to the first address that takes the connection: `localhost` often has two."""
        addresses = self._addresses(target, deadline)
        for left, address in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
            # One that swallows packets must leave time for the others.
            connection = self._connection(target, address, deadline.left / (left + 1))
            cutter.watch(connection)
            try:
                connection.connect()
            except (NewConnectionError, ConnectTimeoutError):
                connection.close()
                if not left or deadline.passed:
                    raise
            else:
                if connection.sock is not None:
                    connection.sock.settimeout(deadline.left)
                return connection
        raise HttpFailure("connect")

    def _connection(self, target: _Target, address: str, timeout: float) -> HTTPConnection:
        port = self._proxy[1] if self._proxy else target.port
        if target.scheme == "http":
            return HTTPConnection(address, port, timeout=timeout)
        connection = HTTPSConnection(
            address,
            port,
            timeout=timeout,
            ssl_context=self._tls,
            server_hostname=target.host,
        )
        if self._proxy:
            connection.set_tunnel(target.host, target.port, scheme="http")
        return connection

    def _addresses(self, target: _Target, deadline: Deadline) -> list[str]:
        """Where the call may connect to: the allowed addresses, or the proxy's."""
        if self._proxy:
            self._refuse_literal(target)
            return self._resolved(self._proxy[0], self._proxy[1], deadline)
        found = self._resolved(target.host, target.port, deadline)
        allowed = [
            address for address in found
            if self._allow.allows(target.host, target.port, address)
        ]  # fmt: skip
        if found and not allowed:
            raise HttpFailure("refused_address")
        return allowed

    def _resolved(self, host: str, port: int, deadline: Deadline) -> list[str]:
        lookup: Future[list[str]] = self._resolving.submit(self._resolver, host, port)
        try:
            return lookup.result(timeout=deadline.left)
        except FutureTimeout as error:
            lookup.cancel()
            raise HttpFailure("timeout", "name resolution") from error
        except (OSError, UnicodeError) as error:
            raise HttpFailure("connect", "name resolution") from error

    def _refuse_literal(self, target: _Target) -> None:
        """With a proxy in between, what the URL spells out is all that can be judged."""
        try:
            socket.getaddrinfo(target.host, target.port, flags=socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            return
        literal = resolve(target.host, target.port)[0]
        if not self._allow.allows(target.host, target.port, literal):
            raise HttpFailure("refused_address")


def _target(url: str) -> _Target:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise HttpFailure("protocol", "malformed URL") from error
    host = parts.hostname or ""
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or not plain:
        raise HttpFailure("protocol", "unusable URL")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = port or {"http": 80, "https": 443}[parts.scheme]
    return _Target(parts.scheme, host, port, path, url.partition("#")[0])


def _proxy_address(proxy: str | None) -> tuple[str, int] | None:
    if proxy is None:
        return None
    parts = urlsplit(proxy)
    if parts.scheme != "http" or not parts.hostname or parts.username is not None:
        raise ValueError("the proxy is an http:// URL without user")
    return parts.hostname, parts.port or 3128


def _read(answer: urllib3.response.BaseHTTPResponse, max_bytes: int, deadline: Deadline) -> bytes:
    length = answer.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > max_bytes:
        raise HttpFailure("too_large")
    found = bytearray()
    for chunk in answer.stream(_CHUNK, decode_content=False):
        found += chunk
        deadline.check()
        if len(found) > max_bytes:
            raise HttpFailure("too_large")
    return bytes(found)


def _failure(error: Exception, deadline: Deadline) -> HttpFailure:
    """urllib3, http.client, ssl and socket each say it in their own way."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < 10:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    name = type(error).__name__
    if deadline.passed or any(isinstance(one, TimeoutError) for one in chain):
        return HttpFailure("timeout", name)
    if any(isinstance(one, ssl.SSLError | ssl.CertificateError) for one in chain):
        return HttpFailure("tls", name)
    if isinstance(error, HTTPError) and "SSL" in name:
        return HttpFailure("tls", name)
    if isinstance(error, NewConnectionError | OSError):
        return HttpFailure("connect", name)
    return HttpFailure("protocol", name)
