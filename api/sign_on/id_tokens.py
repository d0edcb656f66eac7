"""Checks ID tokens: OpenID Connect Core 1.0, section 3.1.3.7, with algorithms that are pinned beforehand."""

import base64
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from authlib.oidc.core.util import create_half_hash
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from joserfc.jwk import Key
from joserfc.jwt import JWTClaimsRegistry

from schemas.errors import ErrorCode, PerdureError

KEY_TYPES: Final = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    **dict.fromkeys(("EdDSA", "Ed25519"), "OKP"),
}
"""Algorithms that may be chosen, and what signs with them. None is symmetric: a public key is nobody's secret."""

LEEWAY: Final = 60
"""Seconds by which the clocks of two companies may differ."""

MAX_AGE: Final = 600
"""Seconds after which a token that was made for this sign-in is too old, whenever it expires."""

MAX_CHARS: Final = 64 * 1024


class UnknownKeyError(Exception):
    """None of the keys has signed the token; there may be a newer one."""


@dataclass(frozen=True)
class Expected:
    """What the token of a sign-in must say."""

    issuer: str
    client_id: str
    nonce: str
    algorithms: Sequence[str]
    access_token: str | None = None


def check_id_token(
    text: str, keys: Iterable[Key], expected: Expected, now: Callable[[], float] = time.time
) -> dict[str, Any]:
    """The claims of a valid token.

    Raises:
        PerdureError: `unauthenticated`, with what is wrong.
        UnknownKeyError: It is signed by no key that is known.
    """
    header = _header(text)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in expected.algorithms or algorithm not in KEY_TYPES:
        raise refused(f"The ID token is signed with {str(algorithm)[:40]!r}, which is not allowed.")
    candidates = [key for key in keys if _fits(key, algorithm, header.get("kid"))]
    claims = _decoded(text, candidates, algorithm)
    _check_claims(claims, expected, now)
    _check_parties(claims, expected)
    _check_access_token(claims, expected, algorithm)
    return claims


def _header(text: str) -> dict[str, Any]:
    if len(text) > MAX_CHARS or text.count(".") != 2:
        raise refused("The provider gave no ID token that can be read.")
    try:
        first = text.partition(".")[0]
        header = orjson.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, UnicodeEncodeError):
        header = None
    if not isinstance(header, dict):
        raise refused("The provider gave no ID token that can be read.")
    return header


def _fits(key: Key, algorithm: str, kid: object) -> bool:
    described = key.as_dict(private=False)
    return (
        key.key_type == KEY_TYPES[algorithm]
        and (kid is None or described.get("kid") == kid)
        and described.get("alg", algorithm) == algorithm
    )


def _decoded(text: str, candidates: Sequence[Key], algorithm: str) -> dict[str, Any]:
    for key in candidates:
        try:
            return dict(jwt.decode(text, key, [algorithm]).claims)
        except (JoseError, ValueError, TypeError):
            continue
    raise UnknownKeyError


def _check_claims(claims: dict[str, Any], expected: Expected, now: Callable[[], float]) -> None:
    rules: dict[str, Any] = {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client_id},
        "nonce": {"essential": True, "value": expected.nonce},
        **{name: {"essential": True} for name in ("sub", "exp", "iat")},
    }
    try:
        JWTClaimsRegistry(now=lambda: int(now()), leeway=LEEWAY, **rules).validate(claims)
    except ExpiredTokenError:
        raise refused("The ID token has expired.") from None
    except MissingClaimError as missing:
        raise refused(f"The ID token does not say {missing.description or 'all that it must'}.") from None
    except InvalidClaimError as wrong:
        raise refused(f"The ID token is not for this sign-in: {wrong.description or 'a claim is wrong'}.") from None
    if now() - claims["iat"] > MAX_AGE:
        raise refused("The ID token was issued too long ago.")
    if not isinstance(claims["sub"], str) or not claims["sub"] or len(claims["sub"]) > 255:
        raise refused("The ID token does not say who has signed in.")
    if not isinstance(claims["nonce"], str) or not isinstance(claims["iss"], str):
        raise refused("The ID token is not for this sign-in.")


def _check_parties(claims: dict[str, Any], expected: Expected) -> None:
    """A token for several clients says to which of them it was given, and that must be this one."""
    audience = claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    if ("azp" in claims or several) and claims.get("azp") != expected.client_id:
        raise refused("The ID token was given to another client.")
    if isinstance(audience, list) and expected.client_id not in audience:
        raise refused("The ID token is for another client.")


def _check_access_token(claims: dict[str, Any], expected: Expected, algorithm: str) -> None:
    if expected.access_token is None or "at_hash" not in claims:
        return
    wanted = create_half_hash(expected.access_token, "EdDSA" if algorithm == "Ed25519" else algorithm)
    if wanted is None or claims["at_hash"] != wanted.decode():
        raise refused("The ID token does not belong to the access token beside it.")


def refused(message: str) -> PerdureError:
    """The answer to a sign-in that proves nothing."""
    return PerdureError(ErrorCode.UNAUTHENTICATED, message)
