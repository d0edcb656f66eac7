"""The keys that sign access tokens: from the environment, or from a file that is made at the first start."""

import contextlib
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from joserfc.jwk import OctKey

from api.access.settings import AccessSettings
from schemas.errors import ErrorCode, PerdureError

MIN_CHARS: Final = 32
FILE_NAME: Final = "signing-key"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class SigningKeys:
    """Keys by id; the first one signs, all of them verify.

    Args:
        secrets_in_order: Texts from which the keys are made; none if nobody can sign in.

    Raises:
        PerdureError: `invalid_config` if one of them is too short.
    """

    def __init__(self, secrets_in_order: Sequence[str]) -> None:
        if any(len(text) < MIN_CHARS for text in secrets_in_order):
            raise _unusable(f"each must have at least {MIN_CHARS} characters")
        self.by_id = {_id_of(text): _key_of(text) for text in secrets_in_order}

    @property
    def first(self) -> tuple[str, OctKey] | None:
        """Id and key that sign; nothing if there is none."""
        return next(iter(self.by_id.items()), None)

    @classmethod
    def random(cls) -> "SigningKeys":
        """A key that is forgotten with the process, for tests."""
        return cls([secrets.token_urlsafe(32)])


def load_signing_keys(settings: AccessSettings) -> SigningKeys:
    """The keys of an installation.

    Raises:
        PerdureError: `invalid_config`: they cannot be used.
    """
    if settings.signing_key is not None:
        return SigningKeys(_split(settings.signing_key.get_secret_value()))
    if settings.data_dir is None:
        return SigningKeys([])
    path = settings.data_dir.expanduser() / FILE_NAME
    try:
        return SigningKeys(_split(_read_or_make(path)))
    except OSError as failed:
        raise _unusable(f"{path}: {failed.strerror}") from failed


def _split(text: str) -> list[str]:
    found = [part for part in re.split(r"[,\s]+", text) if part]
    if not found:
        raise _unusable("there is none")
    return found


def _read_or_make(path: Path) -> str:
    if not path.exists():
        _make(path)
    if path.stat().st_mode & _OTHERS:
        raise _unusable(f"others may read {path}; make it yours alone: chmod 600 {path}")
    return path.read_text()


def _make(path: Path) -> None:
    """Create the file in one step, so that of several processes all use the key of the first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{FILE_NAME}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    try:
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()


def _unusable(reason: str) -> PerdureError:
    return PerdureError(ErrorCode.INVALID_CONFIG, f"The keys that sign access tokens cannot be used: {reason}.")


# Hashed, so that any text makes a key of the right length; apart, so that the public id tells nothing of the key.


def _key_of(text: str) -> OctKey:
    return OctKey.import_key(hashlib.sha256(b"perdure signing key\0" + text.encode()).digest())


def _id_of(text: str) -> str:
    return hashlib.sha256(b"perdure signing key id\0" + text.encode()).hexdigest()[:16]
