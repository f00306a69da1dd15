"""Where an outbound call may go: public addresses, and what the operator listed."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Each carries an IPv4 address inside, which the network may unwrap behind our back; the last two
# are for documentation and for segment routing.
_TRANSLATED = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "::/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "3fff::/20",
        "5f00::/16",
    )
)
_ALSO_PRIVATE = tuple(ipaddress.IPv4Network(text) for text in ("100.64.0.0/10", "192.88.99.0/24"))


class AllowList:
    """`host:port` (that host's address may be private) and CIDR entries.

    Raises ValueError for an entry that is neither.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        self._hosts: set[tuple[str, int]] = set()
        self._networks: list[Network] = []
        for entry in entries:
            try:
                self._networks.append(ipaddress.ip_network(entry, strict=False))
                continue
            except ValueError:
                host, colon, port = entry.rpartition(":")
            if not colon or not host or not port.isdigit():
                raise ValueError(f"neither host:port nor CIDR: {entry}")
            self._hosts.add((host.strip("[]").lower(), int(port)))

    def allows(self, host: str, port: int, address: str) -> bool:
        """Whether `host`, as the URL names it, may be called at the address that it resolved to."""
        found = _parse(address)
        if found is None:
            return False
        if (host.lower(), port) in self._hosts or any(found in net for net in self._networks):
            return True
        return is_public(found)


def is_public(address: Address) -> bool:
    """Whether an address is one of the open Internet's single hosts."""
    if isinstance(address, ipaddress.IPv4Address):
        inside = any(address in network for network in _ALSO_PRIVATE)
    else:
        inside = any(address in network for network in _TRANSLATED) or address.is_site_local
    return address.is_global and not address.is_multicast and not inside


def _parse(address: str) -> Address | None:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
