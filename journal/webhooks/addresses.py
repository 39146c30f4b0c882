"""Where webhooks may go: public addresses, and hosts the operator names.

A name is resolved once and the connection goes to the address that was looked at, so
that a name server cannot answer one thing to the check and another to the connection.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings

from journal.errors import AddressRefusedError

HTTPS_PORT = 443
LONGEST_URL = 500
_PLAIN = re.compile(r"[!-~]+")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Turns a host and port into addresses; raises OSError when there is none."""

EMBEDDING = [
    ipaddress.ip_network(block)
    for block in (
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
    )
]
"""IPv6 that a router may turn into any IPv4, a private one too."""
RESERVED = [
    ipaddress.ip_network(block)
    for block in ("192.0.0.0/24", "192.88.99.0/24", "fec0::/10")
]
"""Not for the public, though the library's table calls some of it global."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a URL leads, before its name is resolved."""

    host: str
    port: int
    is_tls: bool


def resolve(host: str, port: int) -> list[str]:
    """Return a host's addresses, as the machine's resolver has them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: IPAddress) -> bool:
    """Tell whether an address is one of the public internet's."""
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
        return False
    blocks = [*EMBEDDING, *RESERVED]
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in block for block in blocks)
    )


def is_near(address: IPAddress) -> bool:
    """Tell whether an address may be a named private host's: never link-local."""
    is_embedding = any(address in block for block in EMBEDDING)
    return not (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or (is_embedding and not address.is_loopback)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What may be reached.

    Attributes:
        private_hosts: ``host:port`` or ``host`` that may be private, in lower case.
        resolve: Turns names into addresses.
    """

    private_hosts: Collection[str] = field(
        default_factory=lambda: frozenset(
            host.strip().lower() for host in settings.WEBHOOK_PRIVATE_HOSTS
        )
    )
    resolve: Resolve = resolve

    def target_of(self, url: str) -> Target:
        """Return where a URL leads.

        Raises:
            AddressRefusedError: If it is no URL, says too much, or its scheme, port or
                literal address is not allowed; names what is wrong.
        """
        if not 0 < len(url) <= LONGEST_URL or not _PLAIN.fullmatch(url):
            raise AddressRefusedError(
                f"Give an address of at most {LONGEST_URL} plain characters, without "
                "spaces; a name with other letters in its xn-- form."
            )
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise AddressRefusedError("This is no address of the web.") from error
        netloc_host = f"[{host}]" if ":" in host else host
        if parts.scheme not in {"https", "http"} or not _HOST.fullmatch(netloc_host):
            raise AddressRefusedError("Give an address that begins with https://.")
        if "@" in parts.netloc or "\\" in url or parts.fragment:
            raise AddressRefusedError("Leave user, password and # out of the address.")
        is_tls = parts.scheme == "https"
        target = Target(
            host=host, port=port or (HTTPS_PORT if is_tls else 80), is_tls=is_tls
        )
        self._allow(target)
        return target

    def _allow(self, target: Target) -> None:
        """Refuse plain HTTP, other ports and literal private addresses."""
        if self.is_named(target.host, target.port):
            return
        if not target.is_tls or target.port != HTTPS_PORT:
            raise AddressRefusedError(
                "Only https:// on port 443 is sent to, save hosts that the operator "
                "names in WEBHOOK_PRIVATE_HOSTS."
            )
        literal = _literal(target.host)
        if literal is not None and not is_public(literal):
            raise AddressRefusedError(f"{target.host} is not a public address.")

    def is_named(self, host: str, port: int) -> bool:
        """Tell whether the operator lets a host be private."""
        name = host.lower()
        shown = f"[{name}]" if ":" in name else name
        return f"{shown}:{port}" in self.private_hosts or name in self.private_hosts

    def address_of(self, host: str, port: int) -> str:
        """Resolve a host once and return the address to connect to.

        Raises:
            AddressRefusedError: If it has none, or any that may not be reached.
        """
        try:
            found = [ipaddress.ip_address(text) for text in self.resolve(host, port)]
        except (OSError, ValueError, UnicodeError) as error:
            raise AddressRefusedError(f"{host} is not found.") from error
        allowed = is_near if self.is_named(host, port) else is_public
        for address in found:
            if not allowed(address):
                raise AddressRefusedError(
                    f"{host} leads to {address}, which is not a public address."
                )
        if not found:
            raise AddressRefusedError(f"{host} is not found.")
        return str(found[0])


def _literal(host: str) -> IPAddress | None:
    """Return the address a host is written as, or None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
