"""Opens connections: resolves a name, checks every address and connects to a checked one.

There is no second look-up between the check and the connection, so a name that changes its answer gains nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence

import httpcore

from activities.egress.addresses import Address, AddressPolicy, literal
from schemas.errors import ErrorCode, PerdureError

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Addresses of a host name, the best first. Raises OSError."""

MAX_ADDRESSES = 8
_Stream = httpcore.AsyncNetworkStream
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


async def system_resolver(host: str, port: int) -> list[str]:
    """Addresses by the resolver of the operating system."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Network backend of httpcore that reaches permitted addresses only."""

    def __init__(self, policy: AddressPolicy, resolver: Resolver = system_resolver) -> None:
        self._policy = policy
        self._resolver = resolver
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> _Stream:
        """Connects to the first address of the host that answers.

        Raises:
            PerdureError: `address_denied` if any address of the host is not permitted, `network` or `timeout`.
        """
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._permitted(host, port)
                share = None if timeout is None else timeout / len(addresses)
                return await self._first_answer(addresses, port, share)
        except TimeoutError as error:
            raise PerdureError(ErrorCode.TIMEOUT, f"{host} did not answer in time.") from error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        socket_options: Iterable[SocketOption] | None = None,
    ) -> _Stream:
        """Never: a socket of this machine is no public address."""
        raise PerdureError(ErrorCode.ADDRESS_DENIED, "Sockets of this machine cannot be reached.")

    async def sleep(self, seconds: float) -> None:
        """Part of httpcore's interface."""
        await asyncio.sleep(seconds)

    async def _permitted(self, host: str, port: int) -> list[Address]:
        return await permitted_addresses(self._policy, self._resolver, host, port)

    async def _first_answer(self, addresses: Sequence[Address], port: int, share: float | None) -> _Stream:
        failure: Exception = httpcore.ConnectError()
        for address in addresses:
            try:
                return await self._inner.connect_tcp(str(address), port, timeout=share)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


async def permitted_addresses(policy: AddressPolicy, resolver: Resolver, host: str, port: int) -> list[Address]:
    """The addresses of a host, each of which may be reached.

    Raises:
        PerdureError: `address_denied` if any of them may not, `network` if there is none.
    """
    spelled = literal(host)
    addresses = [spelled] if spelled is not None else await _resolved(resolver, host, port)
    if any(policy.refused(host, port, addresses)):
        raise denied(host)
    return addresses


async def _resolved(resolver: Resolver, host: str, port: int) -> list[Address]:
    try:
        found = await resolver(host, port)
    except (OSError, UnicodeError) as error:
        raise PerdureError(ErrorCode.NETWORK, f"The host name {host} cannot be resolved.") from error
    addresses = [literal(text) for text in found[:MAX_ADDRESSES]]
    if not addresses:
        raise PerdureError(ErrorCode.NETWORK, f"The host name {host} has no address.")
    known = [address for address in addresses if address is not None]
    if len(known) < len(addresses):
        raise denied(host)
    return known


def denied(host: str) -> PerdureError:
    """The answer for an address that is not public; names no address, which would tell of the inner network."""
    return PerdureError(
        ErrorCode.ADDRESS_DENIED,
        f"{host} is not a public address. Only an operator can allow it, by PERDURE_EGRESS_ALLOW.",
    )
