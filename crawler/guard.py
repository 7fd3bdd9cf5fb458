"""Which network addresses may be connected to: public ones, and those that the operator opened.

The decision is made about the very address that a connection goes to, after the name was looked up: whatever
a name, a redirect or an odd spelling of an address comes to, it comes to one of these at last.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from scrapy.settings import BaseSettings
from zope.interface import directlyProvides, providedBy  # type: ignore[import-untyped]

from crawler.exits import ExitCode, UserError
from spiders.answers import NotPublicError

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is given out for public use (RFC 4291 section 2.4, IANA)."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""An IPv4 address in its last 32 bits, translated on the way (RFC 6052 section 2.1)."""
_CLOSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's metadata and agents: public by its number, never by what answers
        "192.0.0.0/24",  # RFC 6890; Oracle's metadata at .192
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "2001::/23",  # Teredo, ORCHID and others: RFC 2928, RFC 4380, RFC 4843
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries any IPv4 address: RFC 3056
        "3fff::/20",  # documentation, RFC 9637
    )
)

_PLACE = re.compile(
    r"""(?P<host> \[[^\[\]]+\] | [^\s:/@\[\]]+ | [\da-fA-F.]*:[\da-fA-F.]*:[\da-fA-F:.]* )
        (?: : (?P<port>\d{1,5}) )?""",
    re.VERBOSE,
)


def parsed(address: str) -> IpAddress | None:
    """An address as any socket takes it: `127.1`, `0x7f000001`, `[::1]`; None for a name."""
    text = address.strip("[]").partition("%")[0]
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(text))
    except (OSError, ValueError):
        return None


def is_public(address: IpAddress) -> bool:
    """Whether an address is one that anybody on the internet may be reached at.

    By the IANA special-purpose registries, as Python's `ipaddress` has them, and stricter: no multicast, no
    tunnels (6to4, Teredo), no reserved blocks; of an address that carries an IPv4 address, that one decides.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address not in _UNICAST:
            return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in _CLOSED if network.version == address.version)


@dataclass(frozen=True)
class Guard:
    """Public addresses, and what `--allow-private` opened."""

    opened: frozenset[tuple[IpAddress, int | None]] = frozenset()
    """Addresses with their port; None: every port."""

    def refusal(self, address: str, port: int) -> str | None:
        """Why no connection may be made to an IP address; None when it may. A name is no address."""
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return f"{address[:100]!r} is not an IP address"
        if is_public(found) or (found, port) in self.opened or (found, None) in self.opened:
            return None
        return f"{found} (port {port}) is not a public address"

    def check(self, address: str, port: int) -> None:
        """Raises `NotPublicError` when no connection may be made to an IP address."""
        reason = self.refusal(address, port)
        if reason is not None:
            raise NotPublicError(reason)

    def check_start(self, url: str) -> None:
        """Raises `UserError`, which names the way out, when an address to begin with is closed by its very
        form. No name is looked up but `localhost`."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        address = ipaddress.ip_address("127.0.0.1") if host == "localhost" else parsed(host)
        if address is not None and self.refusal(str(address), port) is not None:
            raise UserError(
                f"{parts.netloc} is not a public address; if you mean it, give "
                f"--allow-private {parts.netloc}",
                ExitCode.USAGE,
            )


def guard_of(settings: BaseSettings) -> Guard:
    """The guard by `MSARCHIVE_ALLOW_PRIVATE`, the setting or else the environment variable: `HOST[:PORT]`,
    separated by white space or commas. Raises `UserError` as `guard_for` does."""
    told = settings.get("MSARCHIVE_ALLOW_PRIVATE") or os.environ.get("MSARCHIVE_ALLOW_PRIVATE") or ""
    return guard_for((told if isinstance(told, str) else " ".join(told)).replace(",", " ").split())


def guard_for(opened: Iterable[str]) -> Guard:
    """A guard that lets through to these `HOST[:PORT]` as well; without a port, to every port there.

    A name is looked up here and now: it opens the addresses that it has today, not what it may be pointed at
    later. Raises `UserError` (usage) for what is none, or for a name without an address.
    """
    return Guard(frozenset(pair for text in opened for pair in _opened(text)))


def _opened(text: str) -> list[tuple[IpAddress, int | None]]:
    place = _PLACE.fullmatch(text)
    if place is None or not 0 < int(place["port"] or 80) < 2**16:
        raise UserError(f"--allow-private {text!r} is not HOST or HOST:PORT", ExitCode.USAGE)
    host, port = place["host"], int(place["port"]) if place["port"] else None
    address = parsed(host)
    if address is not None:
        return [(address, port)]
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UserError(f"--allow-private {text}: the name can't be resolved", ExitCode.USAGE) from None
    return [(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]), port) for entry in found]


class GuardedReactor:
    """Twisted's reactor, as a client's endpoints see it, that connects only where the guard lets it.

    Endpoints look a name up first and connect to the addresses found, one by one: here is the last place
    before the connection is made, and the first that sees nothing but addresses.
    """

    def __init__(self, reactor: Any, guard: Guard) -> None:
        self._reactor = reactor
        self._guard = guard
        directlyProvides(self, providedBy(reactor))

    def connectTCP(self, host: str, port: int, *arguments: Any, **options: Any) -> Any:
        """As the reactor's own. Raises `NotPublicError`."""
        self._guard.check(host, port)
        return self._reactor.connectTCP(host, port, *arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)


def guarded_connection(guard: Guard) -> Callable[..., socket.socket]:
    """`socket.create_connection`, but each address that a name has is checked, and only such are tried.

    Raises `NotPublicError` when all of them are closed.
    """

    def connect(
        address: tuple[str, int], timeout: float | None = None, source_address: Any = None
    ) -> socket.socket:
        host, port = address
        failure: OSError | NotPublicError = OSError(f"{host} has no address")
        for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                guard.check(str(place[0]), port)
                # An address in numbers: nothing is looked up a second time.
                return socket.create_connection((str(place[0]), port), timeout, source_address)
            except (OSError, NotPublicError) as error:
                failure = error
        raise failure

    return connect
