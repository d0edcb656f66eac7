"""Signed tokens: access tokens of signed-in people, and the challenge between password and second factor.

One algorithm, HS256, is pinned (docs/decisions/0010-access-tokens.md). The header of a token is not negotiated: it must
be, byte for byte, one of the few that this process would write itself. So no `alg`, `crit`, `typ`, `kid` or `jwk` that
somebody else chose is ever looked at.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.jwt import JWTClaimsRegistry

from api.access.signing_keys import SigningKeys
from schemas.errors import ErrorCode, PerdureError

ALGORITHM: Final = "HS256"
ISSUER: Final = "perdure"
ACCESS_SECONDS: Final = 600
CHALLENGE_SECONDS: Final = 300
MAX_TOKEN_BYTES: Final = 2_048

_ACCESS_TYPE: Final = "at+jwt"
_CHALLENGE_TYPE: Final = "challenge+jwt"
_AUDIENCES: Final = {_ACCESS_TYPE: "perdure-api", _CHALLENGE_TYPE: "perdure-second-factor"}


@dataclass(frozen=True)
class AccessToken:
    """What an access token says."""

    user_id: UUID
    session_id: UUID
    workspace_id: UUID


class Tokens:
    """Issues and reads signed tokens.

    Args:
        keys: The first one signs, all are accepted.
        now: Seconds since the epoch.
    """

    def __init__(self, keys: SigningKeys, now: Callable[[], float] = time.time) -> None:
        self._first = keys.first
        self._now = now
        self._known = {kind: _headers(keys, kind) for kind in _AUDIENCES}

    def issue_access(self, token: AccessToken) -> str:
        """An access token.

        Raises:
            PerdureError: `unavailable` if there is no key to sign with.
        """
        claims = {"sub": str(token.user_id), "sid": str(token.session_id), "ws": str(token.workspace_id)}
        return self._issue(_ACCESS_TYPE, claims, ACCESS_SECONDS)

    def read_access(self, text: bytes) -> AccessToken | None:
        """What a valid access token says; nothing if it is not valid, whatever the reason."""
        claims = self._read(_ACCESS_TYPE, text, ("sub", "sid", "ws"))
        if claims is None:
            return None
        try:
            return AccessToken(*(UUID(claims[name]) for name in ("sub", "sid", "ws")))
        except (ValueError, TypeError, AttributeError):
            return None

    def issue_challenge(self, user_id: UUID) -> str:
        """Proof that a person has given the right password a moment ago.

        Raises:
            PerdureError: `unavailable` if there is no key to sign with.
        """
        return self._issue(_CHALLENGE_TYPE, {"sub": str(user_id)}, CHALLENGE_SECONDS)

    def read_challenge(self, text: str) -> UUID | None:
        """The person of a valid challenge."""
        claims = self._read(_CHALLENGE_TYPE, text.encode("utf-8", "replace"), ("sub",))
        try:
            return None if claims is None else UUID(claims["sub"])
        except (ValueError, TypeError, AttributeError):
            return None

    def _issue(self, kind: str, claims: dict[str, str], seconds: int) -> str:
        if self._first is None:
            raise PerdureError(
                ErrorCode.UNAVAILABLE,
                "Nobody can sign in here: the operator must set PERDURE_SIGNING_KEY or PERDURE_DATA_DIR.",
            )
        key_id, key = self._first
        now = int(self._now())
        fixed = {"iss": ISSUER, "aud": _AUDIENCES[kind], "iat": now, "exp": now + seconds, "jti": uuid4().hex}
        return jwt.encode(_header(kind, key_id), {**claims, **fixed}, key, [ALGORITHM])

    def _read(self, kind: str, text: bytes, own: tuple[str, ...]) -> dict[str, Any] | None:
        if len(text) > MAX_TOKEN_BYTES or text.count(b".") != 2:
            return None
        key = self._known[kind].get(text.partition(b".")[0])
        if key is None:
            return None
        try:
            claims = jwt.decode(text, key, [ALGORITHM]).claims
            self._rules(kind, own).validate(claims)
        except (JoseError, ValueError):
            return None
        return claims

    def _rules(self, kind: str, own: tuple[str, ...]) -> JWTClaimsRegistry:
        essential: Any = {name: {"essential": True} for name in (*own, "iat", "exp", "jti")}
        fixed: Any = {
            "iss": {"essential": True, "value": ISSUER},
            "aud": {"essential": True, "value": _AUDIENCES[kind]},
        }
        return JWTClaimsRegistry(now=lambda: int(self._now()), leeway=0, **essential, **fixed)


def _header(kind: str, key_id: str) -> dict[str, Any]:
    return {"typ": kind, "alg": ALGORITHM, "kid": key_id}


def _headers(keys: SigningKeys, kind: str) -> dict[bytes, OctKey]:
    """The first part of every token that may be accepted, and the key that must have signed it."""
    samples = {key_id: jwt.encode(_header(kind, key_id), {}, key, [ALGORITHM]) for key_id, key in keys.by_id.items()}
    return {sample.encode().partition(b".")[0]: keys.by_id[key_id] for key_id, sample in samples.items()}
