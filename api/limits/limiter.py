"""Limits requests per person, per API key, and per network address where nobody is known.

In the memory of each process, so a request costs no round trip; several processes allow so many times more.
"""

import ipaddress
from typing import Final

from starlette.types import Scope

from api.access.authentication import client_address
from api.access.caller import Caller, CallerKind
from api.access.permissions import OPERATIONS, Open
from api.headers import Header
from api.limits.buckets import WINDOW, Buckets
from api.limits.headers import rate_limit_headers
from api.limits.settings import LimitSettings
from schemas.errors import ErrorCode, PerdureError

LIMITED: Final = ("/v1/", "/codec/")
"""What begins with one of them is limited; probes and the files of the web app are not."""


class Limiter:
    """Counts requests. Answers carry what is left in the headers `RateLimit` and `RateLimit-Policy`.

    Args:
        settings: How many are allowed.
    """

    def __init__(self, settings: LimitSettings) -> None:
        self._users, self._keys = _Limit("user", settings.user), _Limit("key", settings.key)
        self._strangers, self._open = _Limit("address", settings.address), _Limit("open", settings.open)

    def count_request(self, scope: Scope, headers: list[Header]) -> None:
        """Count a request whose caller was looked for.

        Args:
            scope: Of the request.
            headers: Of its answer; what is left is added.

        Raises:
            PerdureError: `rate_limited`.
        """
        if not scope["path"].startswith(LIMITED):
            return
        scope["limits"] = (self, headers)
        caller = scope.get("caller")
        if not isinstance(caller, Caller):
            self._strangers.take(network_of(client_address(scope)), headers)
        elif caller.kind is not CallerKind.OPERATOR:
            (self._keys if caller.kind is CallerKind.KEY else self._users).take(caller.id, headers)

    def count_open(self, scope: Scope, headers: list[Header]) -> None:
        """Count a call of an operation that needs no credential, whether the caller has one or not.

        Raises:
            PerdureError: `rate_limited`.
        """
        self._open.take(network_of(client_address(scope)), headers)


def count_call(scope: Scope, operation: str) -> None:
    """Count a call of an operation that needs no credential, if calls are limited; the gate has counted all others.

    Raises:
        PerdureError: `rate_limited`.
    """
    if OPERATIONS[operation] is Open.ANYBODY and (limits := scope.get("limits")) is not None:
        limiter, headers = limits
        limiter.count_open(scope, headers)


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 the network that one customer has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped is not None else str(ipaddress.ip_network(f"{parsed}/64", strict=False))


class _Limit:
    """One kind of limit."""

    def __init__(self, name: str, per_minute: int) -> None:
        self._name = name
        self._buckets = Buckets(per_minute) if per_minute else None

    def take(self, key: object, headers: list[Header]) -> None:
        if self._buckets is None:
            return
        taken, size = self._buckets.take(key), self._buckets.size
        headers.extend(
            rate_limit_headers(self._name, quota=size, window=WINDOW, remaining=taken.remaining, reset=taken.full_in)
        )
        if not taken.allowed:
            message = f"More than {size:,} requests per minute; try again in {max(1, round(taken.next_in))} s."
            raise PerdureError(
                ErrorCode.RATE_LIMITED,
                message,
                retry_after=taken.next_in,
                details={"limit": self._name, "per_minute": size},
            )
