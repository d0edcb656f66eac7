"""Which addresses a request may reach: public ones, and what an operator allowed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

# Listed here, not taken from `is_global`, whose answers differ between patch releases of Python.
# Source: IANA IPv4 and IPv6 Special-Purpose Address Registries.
_NOT_PUBLIC_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
            # Public by its number, but answers only inside Azure, as the host of a virtual machine.
            "168.63.129.16/32",
        ),
    )
)
_PUBLIC_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20")))
_NAT64 = IPv6Network("64:ff9b::/96")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")


def _embedded(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """IPv4 addresses that a packet to this IPv6 address may end up at."""
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    return ()


def is_public(address: Address) -> bool:
    """Whether anybody on the Internet can have this address; IPv4 inside of IPv6 is judged as IPv4."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    if address.scope_id is not None:
        return False
    embedded = _embedded(address)
    if embedded:
        return all(is_public(inner) for inner in embedded)
    return address in _PUBLIC_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


def is_host_name(host: str) -> bool:
    """Whether the text, in lower case, is a plain DNS name; spellings of addresses as numbers are not."""
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return False
    return not _NUMERIC_LABEL.fullmatch(labels[-1])


def literal(host: str) -> Address | None:
    """The address that the host part of a URL spells in its one regular way."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return None if isinstance(address, IPv6Address) and address.scope_id is not None else address


@dataclass(frozen=True)
class Rule:
    """One allowed destination: a host name or a network, maybe with a port."""

    host: str | None = None
    network: IPv4Network | IPv6Network | None = None
    port: int | None = None

    def covers(self, host: str, port: int, address: Address) -> bool:
        """Whether a connection to `address`, reached by the name `host`, is allowed by this rule."""
        if self.port is not None and self.port != port:
            return False
        if self.network is None:
            return self.host == host
        inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return address in self.network or (inner is not None and inner in self.network)


def parse_rule(text: str) -> Rule:
    """A rule from `host`, `host:port`, `address`, `[address]:port` or CIDR.

    Raises:
        ValueError: if it is none of these.
    """
    wanted = text.strip().lower()
    if "/" in wanted:
        return Rule(network=ip_network(wanted, strict=False))
    host, port = _split_port(wanted)
    address = literal(host)
    if address is not None:
        return Rule(network=ip_network(address), port=port)
    if not is_host_name(host):
        raise ValueError(f"{text!r} is no host, host:port or CIDR")
    return Rule(host=host, port=port)


def _split_port(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    else:
        return text, None
    if not port:
        return host, None
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} has no valid port")
    return host, int(port)


class AddressPolicy:
    """Decides about connections.

    Args:
        allow: Rules as in `PERDURE_EGRESS_ALLOW`.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        self._rules = tuple(parse_rule(rule) for rule in allow)

    def permits(self, host: str, port: int, address: Address) -> bool:
        """Whether a connection to `address`, reached by the name `host`, may be opened."""
        return is_public(address) or any(rule.covers(host, port, address) for rule in self._rules)

    def refused(self, host: str, port: int, addresses: Iterable[Address]) -> Iterator[Address]:
        """Those addresses of a host that may not be reached."""
        return (address for address in addresses if not self.permits(host, port, address))
