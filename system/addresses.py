"""Which network addresses this site may call on behalf of its users."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from system.errors import Misconfigured, Unavailable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Sequence[str]]

NOT_CALLED: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "192.88.99.0/24"),
            *("192.0.0.0/24", "fec0::/10", "3fff::/20"),
        ),
    )
)
"""What `ipaddress` may call global all the same: NAT64, 6to4 and Teredo carry an IPv4 address to where a gateway
stands; 192.0.0.0/24 is for protocols (RFC 6890), fec0::/10 was for sites (RFC 3879), 3fff::/20 is for documentation
(RFC 9637)."""


def resolve(host: str, port: int) -> list[str]:
    """Every address of a host, as the system's resolver orders them."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise Unavailable(f"The name {host} cannot be resolved at the moment.") from error
        raise Misconfigured(f"There is no host named {host}. Check the address of the endpoint.") from error
    except (UnicodeError, ValueError, OverflowError) as error:
        raise Misconfigured(f"{host!r} is no host name. Check the address of the endpoint.") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def plain(text: str) -> Address:
    """An address without its zone, and the IPv4 address inside a mapped one (::ffff:a.b.c.d)."""
    address = ip_address(text.partition("%")[0])
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def is_public(address: Address) -> bool:
    """Whether an address is one of the open Internet, reached as it is written.

    `is_global` alone is not enough: it holds for multicast and for addresses that embed a private IPv4 one.
    """
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in NOT_CALLED)


@dataclass(frozen=True, slots=True)
class Guard:
    """Public addresses, and what an operator allows beside them: `host:port` pairs and networks."""

    endpoints: frozenset[tuple[str, int]]
    networks: tuple[Network, ...]
    resolver: Resolver = resolve

    @classmethod
    def allowing(cls, allow: Sequence[str], resolver: Resolver = resolve) -> "Guard":
        """From an operator's list: `ollama.lan:11434`, `[::1]:8080`, `10.1.0.0/16`, `10.1.2.3`."""
        endpoints, networks = set(), []
        for entry in filter(None, map(str.strip, allow)):
            try:
                networks.append(ip_network(entry))
            except ValueError:
                endpoints.add(_endpoint(entry))
        return cls(frozenset(endpoints), tuple(networks), resolver)

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses to connect to; `Misconfigured` if even one of the host's is neither public nor allowed."""
        found = list(self.resolver(host, port))
        trusted = (host.lower().rstrip("."), port) in self.endpoints
        if not found or not (trusted or all(self._allows(plain(text)) for text in found)):
            raise Misconfigured(
                f"{host}:{port} is not a public address, so this site does not call it. An operator can allow it by "
                f"adding {host}:{port} to RAGSITE_PRIVATE_ENDPOINTS."
            )
        return found

    def _allows(self, address: Address) -> bool:
        return is_public(address) or any(address in network for network in self.networks)


def _endpoint(entry: str) -> tuple[str, int]:
    host, _, port = entry.rpartition(":")
    host = host.removeprefix("[").removesuffix("]").lower().rstrip(".")
    if not host or "/" in host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise Misconfigured(
            f"RAGSITE_PRIVATE_ENDPOINTS: {entry!r} is neither host:port nor a network such as 10.0.0.0/8."
        )
    return host, int(port)
