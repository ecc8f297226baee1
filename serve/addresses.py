"""Which addresses our own requests may go to.

A destination is configured by people, but a name may be pointed anywhere afterwards: at a cloud's
metadata service, at a database behind the firewall. So the check looks at what the name resolves
to, and the connection is made to the address that was checked.
"""

from __future__ import annotations

import ipaddress
import socket


class RefusedAddressError(Exception):
    """The host is not one that we may connect to."""


def resolve(host: str, port: int, *, allow_private: bool) -> str:
    """Resolve a host and check where it lies.

    Args:
        host: Name or address.
        port: Port.
        allow_private: True lets it lie anywhere.

    Returns:
        One of its addresses, to connect to.

    Raises:
        RefusedAddressError: If it does not resolve, or any of its addresses is not public.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise RefusedAddressError("the host name does not resolve") from None
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    # One private address among public ones is how rebinding is done.
    if not allow_private and not all(is_public(address) for address in addresses):
        raise RefusedAddressError("the host has an address that is not public")
    return addresses[0]


def is_public(address: str) -> bool:
    """Tell whether an address lies in the open internet.

    Args:
        address: IPv4 or IPv6.

    Returns:
        False for private, loopback, link-local, multicast and reserved ones, also inside IPv6.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
