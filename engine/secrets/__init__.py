"""Encryption of what must stay secret in the database: keys, sealed values, and the rotation of keys."""

from engine.secrets.encryption import Encryption, EncryptionSettings

__all__ = ["Encryption", "EncryptionSettings"]
