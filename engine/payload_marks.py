"""Metadata by which payloads say what they are; part of stored histories, so none of it ever changes."""

from typing import Final

WORKSPACE_KEY: Final = "perdure-workspace"
"""The workspace for which the value is stored and encrypted."""

BLOB_KEY: Final = "perdure-blob"
"""Added by the blob store when it hands a payload back: its content address."""

KEY_KEY: Final = "perdure-key"
"""Id of the data key of an encrypted payload."""

ENCODING: Final = b"binary/perdure-encrypted"
"""Value of `encoding` of an encrypted payload."""
