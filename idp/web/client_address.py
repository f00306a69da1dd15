"""Where a request comes from, as far as limits care."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from flask import Request


class ClientAddress:
    """Proxies' words are believed only as far as settings say (ProxyFix in `app`)."""

    def address(self, request: Request) -> str:
        """The peer's address, empty when there is none (a unix socket)."""
        return request.remote_addr or ""

    def prefix(self, request: Request) -> str:
        """Its /24 (IPv4) or /56 (IPv6): what one subscriber or office usually has."""
        try:
            found = ip_address(self.address(request))
        except ValueError:
            return "unknown"
        mapped = getattr(found, "ipv4_mapped", None)
        if mapped is not None:
            found = mapped
        return str(ip_network((found, 24 if found.version == 4 else 56), strict=False))
