"""Headers that every answer carries: what browsers must not do with it."""

from collections.abc import Sequence
from typing import Final

from starlette.types import Scope

Header = tuple[bytes, bytes]

_ALWAYS: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_API: Final[tuple[Header, ...]] = (
    *_ALWAYS,
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    # What the API answers is for one caller at one moment; no cache on the way may keep it.
    (b"cache-control", b"no-store"),
)
_APP: Final[tuple[Header, ...]] = (
    *_ALWAYS,
    (
        b"content-security-policy",
        # Styles inline: component libraries write them at run time. Scripts only from files of our own.
        b"default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        b"font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
        b"form-action 'self'; frame-ancestors 'none'",
    ),
)
_STRICT_TRANSPORT: Final[Header] = (b"strict-transport-security", b"max-age=63072000")


def protective_headers(scope: Scope) -> tuple[Header, ...]:
    """The headers of an answer: `/v1` may load nothing and be kept nowhere, pages may load what is served here."""
    headers = _API if scope["path"].startswith("/v1/") else _APP
    return (*headers, _STRICT_TRANSPORT) if scope.get("scheme") == "https" else headers


def merged(own: Sequence[Header], forced: Sequence[Header]) -> list[Header]:
    """Headers of an answer with others that stand above them; `Vary` may be said twice."""
    names = {name for name, _ in forced} - {b"vary"}
    return [header for header in own if header[0].lower() not in names] + list(forced)
