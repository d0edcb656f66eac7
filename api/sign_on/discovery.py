"""What a provider says about itself: its addresses, and the keys that sign its ID tokens. Remembered for minutes."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from activities.egress import Egress, EgressRequest
from schemas.errors import ErrorCode, PerdureError

REMEMBERED_SECONDS: Final = 600.0
RENEWED_AT_MOST_EVERY: Final = 10.0
"""Seconds between two looks for a key that is not known: a token with a made-up one must not make us ask each time."""

TIMEOUT: Final = 10.0
MAX_BYTES: Final = 512 * 1024
MAX_KEYS: Final = 100
_MAX_REMEMBERED: Final = 500

_SIGNING: Final = {"RSA", "EC", "OKP"}
"""Types of public keys; a symmetric one among the published keys would let everybody sign."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class ProviderMetadata:
    """OpenID Connect Discovery 1.0, section 3, as far as it is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    algorithms: tuple[str, ...]
    auth_methods: tuple[str, ...]
    names_itself: bool
    """Whether its answers in the browser name the issuer (RFC 9207)."""
    scopes: tuple[str, ...]


class _Memory(Generic[_T]):
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, _T]] = OrderedDict()

    def get(self, key: str, seconds: float) -> _T | None:
        """What was kept not longer ago."""
        known = self._known.get(key)
        return known[1] if known is not None and self._clock() - known[0] < seconds else None

    def keep(self, key: str, value: _T) -> _T:
        self._known.pop(key, None)
        self._known[key] = (self._clock(), value)
        while len(self._known) > _MAX_REMEMBERED:
            self._known.popitem(last=False)
        return value


class Discovery:
    """Asks providers. One per process.

    Args:
        egress: The way out; it keeps to the addresses that are allowed.
        clock: Monotonic seconds.
    """

    def __init__(self, egress: Egress, clock: Callable[[], float] = time.monotonic) -> None:
        self._egress = egress
        self._metadata: _Memory[ProviderMetadata] = _Memory(clock)
        self._keys: _Memory[tuple[Key, ...]] = _Memory(clock)

    async def metadata(self, issuer: str, *, fresh: bool = False) -> ProviderMetadata:
        """What a provider says.

        Raises:
            PerdureError: `unavailable`: it does not answer, or not as a provider does.
        """
        known = None if fresh else self._metadata.get(issuer, REMEMBERED_SECONDS)
        if known is not None:
            return known
        found = await self._fetch(issuer.rstrip("/") + "/.well-known/openid-configuration")
        return self._metadata.keep(issuer, read_metadata(issuer, found))

    async def keys(self, metadata: ProviderMetadata, *, fresh: bool = False) -> tuple[Key, ...]:
        """The public keys of a provider.

        Raises:
            PerdureError: `unavailable`.
        """
        known = self._keys.get(metadata.jwks_uri, RENEWED_AT_MOST_EVERY if fresh else REMEMBERED_SECONDS)
        if known is not None:
            return known
        return self._keys.keep(metadata.jwks_uri, read_keys(await self._fetch(metadata.jwks_uri)))

    async def ask(self, url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> dict[str, Any]:
        """The answer of an endpoint that is asked with a secret; nobody else sees it.

        Raises:
            PerdureError: Of the way out, or `unavailable` for an answer that is no object.
        """
        secret = frozenset(name.lower() for name in headers)
        request = EgressRequest(
            "GET" if body is None else "POST",
            url,
            headers={"accept": "application/json", **headers},
            body=body,
            timeout=TIMEOUT,
            max_bytes=MAX_BYTES,
            follow_redirects=False,
            secret_headers=secret,
            secret_body=True,
        )
        return _object(url, (await self._egress.send(request)).body)

    async def _fetch(self, url: str) -> dict[str, Any]:
        try:
            return await self.ask(checked_url(url), headers={})
        except PerdureError as failed:
            if failed.code is ErrorCode.UNAVAILABLE:
                raise
            raise unusable(f"{url} cannot be read: {failed}") from failed


def read_metadata(issuer: str, found: Mapping[str, Any]) -> ProviderMetadata:
    """The document of a provider.

    Raises:
        PerdureError: `unavailable`: it is of another issuer, or something is missing.
    """
    if found.get("issuer") != issuer:
        raise unusable(f"The provider calls itself {str(found.get('issuer'))[:200]!r}; write the issuer exactly so.")
    userinfo = found.get("userinfo_endpoint")
    return ProviderMetadata(
        issuer=issuer,
        authorization_endpoint=_url(found, "authorization_endpoint"),
        token_endpoint=_url(found, "token_endpoint"),
        jwks_uri=_url(found, "jwks_uri"),
        userinfo_endpoint=None if userinfo is None else _url(found, "userinfo_endpoint"),
        algorithms=_texts(found, "id_token_signing_alg_values_supported", ("RS256",)),
        auth_methods=_texts(found, "token_endpoint_auth_methods_supported", ("client_secret_basic",)),
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
        scopes=_texts(found, "scopes_supported", ()),
    )


def read_keys(found: Mapping[str, Any]) -> tuple[Key, ...]:
    """The keys of a set that may sign; the others are left out.

    Raises:
        PerdureError: `unavailable`: there is none.
    """
    listed = found.get("keys")
    usable: list[Key] = []
    for one in listed[:MAX_KEYS] if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("kty") in _SIGNING and one.get("use", "sig") == "sig":
            try:
                usable.append(JWKRegistry.import_key(one))
            except (JoseError, ValueError, TypeError):
                continue  # of a kind that is not known here
    if not usable:
        raise unusable("The provider publishes no key that signs.")
    return tuple(usable)


def checked_url(url: str) -> str:
    """An address of a provider: https, but for one on this very machine.

    Raises:
        PerdureError: `unavailable`.
    """
    try:
        parts = urlsplit(url)
        fits = parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname or ""))
    except ValueError:
        fits = False
    if not fits or not parts.hostname or parts.username is not None or parts.fragment:
        raise unusable(f"{url[:200]!r} is no address of a provider; it begins with https://.")
    return url


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def unusable(message: str) -> PerdureError:
    """The error for a provider that does not do as providers do."""
    return PerdureError(ErrorCode.UNAVAILABLE, message)


def _object(url: str, body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise unusable(f"{url} does not answer with a JSON object.")
    return found


def _url(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or len(value) > 2_000:
        raise unusable(f"The provider does not say its {name}.")
    return checked_url(value)


def _texts(found: Mapping[str, Any], name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    value = found.get(name)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else default
