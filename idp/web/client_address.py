"""Where a request comes from, as far as limits care."""

from __future__ import annotations

import logging
from ipaddress import ip_address, ip_network

from flask import Request

_log = logging.getLogger(__name__)
_UNKNOWN = "unknown"


class ClientAddress:
    """Proxies' words are believed only as far as settings say (ProxyFix in `app`)."""

    def __init__(self) -> None:
        self._told = False

    def address(self, request: Request) -> str:
        """The peer's address, empty when there is none (a unix socket)."""
        return request.remote_addr or ""

    def prefix(self, request: Request) -> str:
        """Its /24 (IPv4) or /56 (IPv6): what one subscriber or office usually has; `unknown`, and
        so one allowance for all, where it cannot be read.
        """
        try:
            found = ip_address(_bare(self.address(request)))
        except ValueError:
            self._tell()
            return _UNKNOWN
        mapped = getattr(found, "ipv4_mapped", None)
        if mapped is not None:
            found = mapped
        return str(ip_network((found, 24 if found.version == 4 else 56), strict=False))

    def _tell(self) -> None:
        # Once a process, and without the address: it would be a line for every request.
        if not self._told:
            self._told = True
            _log.warning(
                "the address of a visitor cannot be read, so that all of them share one limit; see "
                "IDP_TRUSTED_PROXIES and what the proxy writes in X-Forwarded-For"
            )


def _bare(address: str) -> str:
    """Without the port, brackets and zone that some proxies write (RFC 7239 §6)."""
    address = address.strip()
    if address.startswith("["):
        host, _, port = address[1:].partition("]")
        address = host if not port or port.startswith(":") else ""
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    return address.partition("%")[0]
