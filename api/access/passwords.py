"""Passwords: which ones are taken, how they are kept, and how they are checked without telling who has an account."""

import asyncio
import os
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.access.common_passwords import COMMON_PASSWORDS
from api.errors import FieldProblem, RequestError
from schemas.errors import ErrorCode

MIN_CHARS: Final = 10
MAX_CHARS: Final = 200

_HASHER: Final = PasswordHasher()
"""Argon2id with the parameters of RFC 9106 for machines with little memory: 64 MiB, 3 passes, 4 lanes."""

_NOBODYS: Final = "$argon2id$v=19$m=65536,t=3,p=4$UkfxKuxC7fiS2OfuTiYlTQ$6odoy6x8PJZuB+lrr4CjW0yO1UlBDFvBQrzP+j1/d9g"
"""Hash of a random text, checked against when there is no account, so that the answer takes as long."""

_THREADS: Final = ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1)), thread_name_prefix="passwords")
"""Each check takes 64 MiB: more than a few at once would let anybody exhaust the memory."""


async def hash_password(password: str) -> str:
    """The form in which a password is kept."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, _normal(password))


async def is_right(password: str, kept: str | None) -> bool:
    """Whether a password is the one that is kept; as slow if none is kept."""
    loop = asyncio.get_running_loop()
    matches = await loop.run_in_executor(_THREADS, _matches, kept or _NOBODYS, password)
    return matches and kept is not None


def is_outdated(kept: str) -> bool:
    """Whether a password was hashed with weaker parameters than those of today."""
    return _HASHER.check_needs_rehash(kept)


def check_choice(password: str, email: str, field: str = "password") -> None:
    """Take a new password, or say why not.

    Raises:
        RequestError: `invalid_request`.
    """
    complaint = _complaint(_normal(password), email)
    if complaint is not None:
        problem = FieldProblem(field=f"body.{field}", message=complaint)
        raise RequestError(ErrorCode.INVALID_REQUEST, complaint, errors=[problem])


def _complaint(password: str, email: str) -> str | None:
    plain = password.casefold()
    if len(password) < MIN_CHARS:
        return f"The password must have at least {MIN_CHARS} characters."
    if plain in (email.casefold(), email.casefold().partition("@")[0]):
        return "The password must not be the e-mail address."
    if plain in COMMON_PASSWORDS or len(set(plain)) < 4:
        return "The password is one of the commonest; choose another one."
    return None


def _matches(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, _normal(password))
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    """The same password from every keyboard: composed and decomposed letters are one."""
    return unicodedata.normalize("NFKC", password)
