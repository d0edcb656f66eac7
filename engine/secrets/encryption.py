"""Where the key-encryption keys come from: the environment, or a file that only its owner may read."""

import base64
import binascii
import json
import stat
from pathlib import Path
from typing import Final
from uuid import UUID

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine.secrets.keyring import Keyring, UnreadableError, key_id_of
from schemas.errors import ErrorCode, PerdureError

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class EncryptionSettings(BaseSettings):
    """Keys that encrypt secrets in the database (`PERDURE_ENCRYPTION_KEYS`, `PERDURE_ENCRYPTION_KEYS_FILE`)."""

    # An empty variable is none: compose files set those that nobody filled in.
    model_config = SettingsConfigDict(env_prefix="PERDURE_ENCRYPTION_", extra="ignore", env_ignore_empty=True)

    keys: SecretStr | None = Field(
        default=None,
        description='Keys of 32 bytes in base64, as `id:base64,id:base64` or JSON `{"id": "base64"}`. The first '
        "encrypts, all decrypt.",
    )
    keys_file: Path | None = Field(
        default=None,
        description="File that holds the same, readable by its owner only; read again whenever it has changed.",
    )
    payloads: bool = Field(
        default=True,
        description="Whether what Temporal keeps of workflows is encrypted with keys of their workspaces, which these "
        "keys wrap. What is encrypted stays readable when this is switched off.",
    )


class Encryption:
    """Encrypts and decrypts secrets of the database. One per process; cheap to make, reads its keys when needed.

    Args:
        settings: Where the keys are.
    """

    def __init__(self, settings: EncryptionSettings) -> None:
        self._settings = settings
        self._ring: Keyring | None = None
        self._read_at: tuple[int, int] | None = None

    def encrypt(self, purpose: str, workspace_id: UUID | None, identity: object, plaintext: bytes) -> bytes:
        """See `Keyring.encrypt`.

        Raises:
            PerdureError: `missing_credential` if no usable key is configured.
        """
        return self.ring().encrypt(purpose, workspace_id, identity, plaintext)

    def decrypt(self, purpose: str, workspace_id: UUID | None, identity: object, sealed: bytes) -> bytes:
        """See `Keyring.decrypt`.

        Raises:
            PerdureError: `missing_credential` if no usable key is configured, or the value cannot be read with any.
        """
        return self.ring(key_id_of(sealed)).decrypt(purpose, workspace_id, identity, sealed)

    def ring(self, wanted: str | None = None) -> Keyring:
        """The keys as they are now.

        Args:
            wanted: Id of a key that is looked for.

        Raises:
            PerdureError: `missing_credential` if there is no usable key.
        """
        try:
            return self._current()
        except (OSError, ValueError) as error:
            if self._ring is not None and (wanted is None or wanted in self._ring):
                # The file is just being replaced, or was damaged; what was read before still holds.
                return self._ring
            raise _unusable(str(error) if isinstance(error, ValueError) else "the file cannot be read") from None

    @property
    def configured(self) -> bool:
        """Whether there should be keys."""
        return self._settings.keys is not None or self._settings.keys_file is not None

    @property
    def encrypts_payloads(self) -> bool:
        """Whether payloads are encrypted before Temporal sees them."""
        return self.configured and self._settings.payloads

    def check(self) -> None:
        """Refuse a configuration that is wrong; none at all is accepted.

        Raises:
            PerdureError: `missing_credential`.
        """
        if self.configured:
            self.ring()

    def _current(self) -> Keyring:
        if self._settings.keys is not None:
            if self._ring is None:
                self._ring = Keyring(parse_keys(self._settings.keys.get_secret_value()))
            return self._ring
        if self._settings.keys_file is None:
            raise ValueError("set PERDURE_ENCRYPTION_KEYS or PERDURE_ENCRYPTION_KEYS_FILE")
        return self._of_file(self._settings.keys_file)

    def _of_file(self, path: Path) -> Keyring:
        facts = path.stat()
        read_at = (facts.st_mtime_ns, facts.st_ino)
        if self._ring is None or read_at != self._read_at:
            if facts.st_mode & _OTHERS:
                raise ValueError(f"{path.name} can be read by others; take that right away with chmod 600")
            self._ring, self._read_at = Keyring(parse_keys(path.read_text())), read_at
        return self._ring


def parse_keys(text: str) -> dict[str, bytes]:
    """Keys by id, in the order in which they are written.

    Raises:
        ValueError: The text is not understood; its content is not part of the message.
    """
    text = text.strip()
    named = _from_json(text) if text.startswith("{") else _from_list(text)
    if len({name for name, _ in named}) < len(named):
        raise ValueError("two encryption keys have the same id")
    return {name: _decoded(name, value) for name, value in named}


def written_keys(keys: dict[str, bytes]) -> str:
    """The text that `parse_keys` reads."""
    return ",\n".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in keys.items())


def _from_json(text: str) -> list[tuple[str, str]]:
    try:
        pairs: list[tuple[str, object]] = json.loads(text, object_pairs_hook=list)
    except ValueError:
        raise ValueError("the encryption keys are not valid JSON") from None
    if not all(isinstance(value, str) for _, value in pairs):
        raise ValueError("the encryption keys must be a JSON object of texts")
    return [(name, str(value)) for name, value in pairs]


def _from_list(text: str) -> list[tuple[str, str]]:
    parts = [part.strip().partition(":") for part in text.split(",") if part.strip()]
    if not all(colon for _, colon, _ in parts):
        raise ValueError("each encryption key is written as id:base64, with commas between")
    return [(name.strip(), value.strip()) for name, _, value in parts]


def _decoded(name: str, value: str) -> bytes:
    try:
        return base64.b64decode(value, altchars=b"-_" if set(value) & set("-_") else None, validate=True)
    except (ValueError, binascii.Error):
        raise ValueError(f"the encryption key {name[:64]!r} is not base64") from None


def _unusable(reason: str) -> PerdureError:
    return PerdureError(ErrorCode.MISSING_CREDENTIAL, f"Secrets cannot be encrypted or read: {reason}.")


__all__ = ["Encryption", "EncryptionSettings", "UnreadableError", "parse_keys", "written_keys"]
