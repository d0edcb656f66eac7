"""Addresses of hooks: `whk_<workspace><hook><secret>` in base64; the row keeps a hash and a sealed copy."""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID

MARK: Final = "whk_"
_SECRET_BYTES: Final = 24
_BYTES: Final = 16 + 16 + _SECRET_BYTES


@dataclass(frozen=True)
class HookKey:
    """What stands in the address of a hook."""

    workspace_id: UUID
    hook_id: UUID
    secret: bytes

    @classmethod
    def fresh(cls, workspace_id: UUID, hook_id: UUID) -> "HookKey":
        """A new address that nobody can guess."""
        return cls(workspace_id, hook_id, secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> "HookKey | None":
        """The parts of an address; nothing if it is none."""
        if not text.startswith(MARK) or not text.isascii():
            return None
        body = text.removeprefix(MARK)
        try:
            raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            return None
        if len(raw) != _BYTES:
            return None
        found = cls(UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), raw[32:])
        # base64 has several spellings of the same bytes; only ours counts.
        return found if found.text == text else None

    @property
    def text(self) -> str:
        """As it stands in the address."""
        raw = self.workspace_id.bytes + self.hook_id.bytes + self.secret
        return MARK + base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @property
    def digest(self) -> bytes:
        """How the row keeps it. A fast hash is enough for what is random and long."""
        return hashlib.sha256(self.secret).digest()

    def fits(self, digest: bytes) -> bool:
        """Whether it is the address of a row, in a time that does not tell how much of it is."""
        return hmac.compare_digest(self.digest, digest)
