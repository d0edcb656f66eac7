"""Tokens that mean nothing by themselves: random, shown once, kept as a hash.

pdr_<family>_<secret>   refresh token; the family stays, the secret changes at each use
pdk_<prefix>_<secret>   API key
pdt_<secret>            ticket that works once

A refresh token makes its successor, so an answer that was lost on its way can be given again.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final

SECRET_BYTES: Final = 32
_REFRESH: Final = re.compile(r"pdr_([0-9a-f]{32})_([0-9a-f]{64})")
_KEY: Final = re.compile(rb"pdk_([0-9a-f]{12})_([0-9a-f]{64})")
KEY_MARK: Final = b"pdk_"


@dataclass(frozen=True)
class RefreshToken:
    """A refresh token in its parts."""

    family: str
    secret: str

    @classmethod
    def fresh(cls) -> "RefreshToken":
        """The first one of a new family."""
        return cls(secrets.token_hex(16), new_secret())

    @classmethod
    def parse(cls, text: str) -> "RefreshToken | None":
        """The parts of a token; nothing if it is none."""
        found = _REFRESH.fullmatch(text)
        return None if found is None else cls(*found.groups())

    def successor(self, salt: bytes) -> "RefreshToken":
        """The next one of the family: without both this token and the salt, nobody can tell it."""
        return RefreshToken(self.family, hmac.new(self.secret.encode(), salt, hashlib.sha256).hexdigest())

    @property
    def text(self) -> str:
        """As it is given to the client."""
        return f"pdr_{self.family}_{self.secret}"


@dataclass(frozen=True)
class KeyToken:
    """An API key in its parts."""

    prefix: str
    secret: str

    @classmethod
    def fresh(cls) -> "KeyToken":
        """A new one."""
        return cls(secrets.token_hex(6), new_secret())

    @classmethod
    def parse(cls, text: bytes) -> "KeyToken | None":
        """The parts of a key; nothing if it is none."""
        found = _KEY.fullmatch(text)
        return None if found is None else cls(*(part.decode() for part in found.groups()))

    @property
    def text(self) -> str:
        """As it is given to the program."""
        return f"pdk_{self.prefix}_{self.secret}"


def new_ticket() -> str:
    """A ticket that works once."""
    return f"pdt_{new_secret()}"


def new_secret() -> str:
    """256 random bits."""
    return secrets.token_hex(SECRET_BYTES)


def digest(text: str) -> bytes:
    """How a token is kept. A fast hash is enough: what is hashed is random and too long to guess."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def same(one: bytes, other: bytes | None) -> bool:
    """Whether two hashes are equal, in a time that does not tell how much of them is."""
    return other is not None and hmac.compare_digest(one, other)
