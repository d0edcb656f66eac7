"""Whether a code proves the second factor of a person."""

from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.second_factor import codes, repository
from db.tables import User
from engine.secrets import Encryption

PURPOSE: Final = "second-factor"
"""What the secret of an authenticator is encrypted for."""


class Proof(StrEnum):
    """What has proved the second factor."""

    AUTHENTICATOR = "authenticator"
    RECOVERY_CODE = "recovery code"


async def verify_second_factor(session: AsyncSession, encryption: Encryption, user_id: UUID, code: str) -> Proof | None:
    """Check a code and use it up; guessing is slowed down by the caller.

    Args:
        session: Of `Database.identity()`; it commits if this returns.
        encryption: Reads the secret of the authenticator.
        user_id: Who signs in, with a confirmed second factor.
        code: As it was typed.

    Returns:
        What it was, or nothing if it is wrong or was used before.

    Raises:
        PerdureError: `missing_credential` if the secret cannot be decrypted; recovery codes work even then.
    """
    code = codes.typed(code)
    if codes.is_recovery_code(code):
        used = await repository.use_recovery_code(session, user_id, codes.recovery_hash(user_id, code))
        return Proof.RECOVERY_CODE if used else None
    confirmed = User.totp_confirmed_at.is_not(None)
    sealed = await session.scalar(select(User.totp_secret_encrypted).where(User.id == user_id, confirmed))
    if sealed is None:
        return None
    step = await step_of(session, encryption, user_id, sealed, code)
    used = step is not None and await repository.use_step(session, user_id, step)
    return Proof.AUTHENTICATOR if used else None


async def step_of(session: AsyncSession, encryption: Encryption, user_id: UUID, sealed: bytes, code: str) -> int | None:
    """The step to which a code belongs, by the clock that all processes share."""
    secret = encryption.decrypt(PURPOSE, None, user_id, sealed).decode()
    return codes.matching_step(secret, codes.typed(code), (await repository.now(session)).timestamp())
