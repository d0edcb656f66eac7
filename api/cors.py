"""Requests of web pages from elsewhere: closed, but for the origins that the settings name.

Credentials that a browser sends by itself (cookies) are never allowed across origins; a page from elsewhere sends a
token. An origin is answered only if it is on the list, so none is ever reflected.
"""

from collections.abc import Iterable
from typing import Final

from starlette.types import Scope

from api.headers import Header

_PREFLIGHT: Final[tuple[Header, ...]] = (
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
    (
        b"access-control-allow-headers",
        b"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Prefer, Traceparent, "
        b"X-Namespace, X-Request-Id",
    ),
    (b"access-control-max-age", b"600"),
)
_EXPOSED: Final[Header] = (
    b"access-control-expose-headers",
    b"ETag, Idempotent-Replayed, Location, Preference-Applied, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id",
)
_VARIES: Final[Header] = (b"vary", b"Origin")


class Cors:
    """Which origins may read answers.

    Args:
        origins: As browsers send them, such as `https://app.example.com`.
    """

    def __init__(self, origins: Iterable[str] = ()) -> None:
        self._origins = frozenset(origin.encode() for origin in origins)

    def allows(self, origin: bytes) -> bool:
        """Whether pages of an origin may call."""
        return origin in self._origins

    def headers(self, origin: bytes | None) -> tuple[Header, ...]:
        """What an answer to a request of this origin carries."""
        if not self._origins:
            return ()
        if origin is None or not self.allows(origin):
            return (_VARIES,)
        return ((b"access-control-allow-origin", origin), _EXPOSED, _VARIES)

    def preflight(self, scope: Scope, headers: dict[bytes, bytes]) -> tuple[Header, ...] | None:
        """Further headers of the answer to a preflight that is allowed; nothing for any other request."""
        asks = scope["method"] == "OPTIONS" and b"access-control-request-method" in headers
        return _PREFLIGHT if asks and self.allows(headers.get(b"origin", b"")) else None
