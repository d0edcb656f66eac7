"""Codes: those of an authenticator (RFC 6238), and recovery codes."""

import hashlib
import hmac
import re
import secrets
from typing import Final
from uuid import UUID

import pyotp

ISSUER: Final = "Perdure"
STEP_SECONDS: Final = 30
RECOVERY_CODES: Final = 10

_TOLERATED: Final = 1
"""Steps that a clock may be ahead or behind."""

_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what looks alike. A recovery code of 16 has 79 bits: too many to guess, even from its hash."""

_RECOVERY: Final = re.compile(rf"[{_ALPHABET}]{{16}}")
_AUTHENTICATOR: Final = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """A secret for an authenticator, 160 bits in base32."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, email: str) -> str:
    """What an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def typed(code: str) -> str:
    """A code without what people put between its parts."""
    return re.sub(r"[\s-]+", "", code).lower()


def is_recovery_code(code: str) -> bool:
    """Whether a typed code has the form of a recovery code."""
    return _RECOVERY.fullmatch(code) is not None


def matching_step(secret: str, code: str, now: float) -> int | None:
    """The step to which a code of the authenticator belongs; nothing if it belongs to none around now.

    Args:
        secret: Base32.
        code: As `typed` gives it.
        now: Seconds since the epoch.
    """
    if _AUTHENTICATOR.fullmatch(code) is None:
        return None
    generator, current = pyotp.TOTP(secret, interval=STEP_SECONDS), int(now) // STEP_SECONDS
    steps = range(current - _TOLERATED, current + _TOLERATED + 1)
    # Each of them is compared, in constant time, so that the time of the answer tells nothing.
    matching = [step for step in steps if hmac.compare_digest(generator.generate_otp(step), code)]
    return matching[-1] if matching else None


def new_recovery_codes() -> list[str]:
    """Fresh recovery codes as people read them."""
    return ["-".join(_quarter() for _ in range(4)) for _ in range(RECOVERY_CODES)]


def _quarter() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(4))


def recovery_hash(user_id: UUID, code: str) -> bytes:
    """How a recovery code is kept; `code` as `typed` gives it."""
    return hashlib.sha256(user_id.bytes + code.encode()).digest()
