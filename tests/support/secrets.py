"""Encryption keys for tests."""

import base64

from pydantic import SecretStr

from engine.secrets import Encryption, EncryptionSettings

KEYS = "test:" + base64.b64encode(b"k" * 32).decode()


def encryption(keys: str = KEYS) -> Encryption:
    """Encryption with known keys, whatever the environment says."""
    return Encryption(EncryptionSettings(keys=SecretStr(keys), keys_file=None))
