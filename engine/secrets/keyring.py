"""Sealed values: AES-256-GCM under a random key of their own, which is wrapped by a key-encryption key.

    sealed = version 0x01 | length of key id | key id | nonce | wrapped data key | nonce | ciphertext
             └───────────── header ─────────────────┘

The ciphertext is bound to its purpose, its workspace and the id of its row; the wrapped key to the header. So a sealed
value that is copied to another row cannot be read there, and a new key-encryption key only touches the wrapping.
"""

import os
import re
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.errors import ErrorCode, PerdureError

KEY_BYTES: Final = 32
_VERSION: Final = 1
_NONCE_BYTES: Final = 12
_WRAPPED_BYTES: Final = KEY_BYTES + 16
_KEY_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class UnreadableError(PerdureError):
    """A sealed value cannot be read: its key is gone, or it does not belong where it was found."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.MISSING_CREDENTIAL, message)


class Keyring:
    """Key-encryption keys by id; the first one encrypts, all of them decrypt.

    Raises:
        ValueError: There is none, or one is not of 32 bytes or has an unusable id.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise ValueError("there is no encryption key")
        for name, key in keys.items():
            if not _KEY_ID.fullmatch(name):
                raise ValueError("the id of an encryption key is 1 to 64 letters, digits, dots, hyphens, underscores")
            if len(key) != KEY_BYTES:
                raise ValueError(f"the encryption key {name} has {len(key)} bytes; it must have {KEY_BYTES}")
        if len(set(keys.values())) < len(keys):
            raise ValueError("two encryption keys are the same")
        self._wrapping = {name: AESGCM(key) for name, key in keys.items()}
        self.newest = next(iter(keys))

    def __contains__(self, key_id: str) -> bool:
        return key_id in self._wrapping

    def encrypt(self, purpose: str, workspace_id: UUID | None, identity: object, plaintext: bytes) -> bytes:
        """Seal a value.

        Args:
            purpose: What it is, such as `credential`; a constant of the code that owns the column.
            workspace_id: Workspace it belongs to, if it belongs to one.
            identity: Id of its row.
            plaintext: The value.
        """
        key, nonce = os.urandom(KEY_BYTES), os.urandom(_NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, plaintext, _binding(purpose, workspace_id, identity))
        return self._wrapped(key) + nonce + sealed

    def decrypt(self, purpose: str, workspace_id: UUID | None, identity: object, sealed: bytes) -> bytes:
        """The value of a sealed one; arguments as they were when it was sealed.

        Raises:
            UnreadableError: It was sealed for something else, was damaged, or its key is not known.
        """
        key, start = self._unwrapped(sealed)
        nonce, body = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, body, _binding(purpose, workspace_id, identity))
        except (InvalidTag, ValueError):
            raise _damaged() from None

    def rewrapped(self, sealed: bytes) -> bytes:
        """The same sealed value under the newest key; what it says and what it is bound to stay as they are.

        Raises:
            UnreadableError: It was damaged, or its key is not known.
        """
        key, start = self._unwrapped(sealed)
        return self._wrapped(key) + sealed[start:]

    def _wrapped(self, key: bytes) -> bytes:
        head, nonce = header(self.newest), os.urandom(_NONCE_BYTES)
        return head + nonce + self._wrapping[self.newest].encrypt(nonce, key, head)

    def _unwrapped(self, sealed: bytes) -> tuple[bytes, int]:
        """The data key of a sealed value, and where the rest begins."""
        name = key_id_of(sealed)
        if name not in self:
            raise UnreadableError(
                f"A secret was encrypted with the key {name!r}, which is not configured; add that key."
            )
        begin = len(header(name))
        middle, end = begin + _NONCE_BYTES, begin + _NONCE_BYTES + _WRAPPED_BYTES
        try:
            return self._wrapping[name].decrypt(sealed[begin:middle], sealed[middle:end], sealed[:begin]), end
        except (InvalidTag, ValueError):
            raise _damaged() from None


def header(key_id: str) -> bytes:
    """How every value begins that is sealed under a key."""
    name = key_id.encode()
    return bytes((_VERSION, len(name))) + name


def key_id_of(sealed: bytes) -> str:
    """Id of the key-encryption key of a sealed value.

    Raises:
        UnreadableError: It is no sealed value.
    """
    if len(sealed) < 2 or sealed[0] != _VERSION or len(sealed) < 2 + sealed[1]:
        raise _damaged()
    return sealed[2 : 2 + sealed[1]].decode("ascii", "replace")


def _binding(purpose: str, workspace_id: UUID | None, identity: object) -> bytes:
    parts = (part.encode() for part in (purpose, str(workspace_id or ""), str(identity)))
    # Each with its length, so that no two triples look alike.
    return b"perdure/1" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _damaged() -> UnreadableError:
    return UnreadableError("A stored secret cannot be read: it was damaged, or belongs somewhere else; enter it anew.")
