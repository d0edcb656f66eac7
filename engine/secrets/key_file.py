"""The file with key-encryption keys: made, added to and shortened in one step each, readable by its owner only."""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from engine.secrets.encryption import parse_keys, written_keys
from engine.secrets.keyring import KEY_BYTES


def ensure_key_file(path: Path) -> Path:
    """The file, made with a first key if it is not there."""
    if not path.exists():
        write_keys(path, {_fresh_id(): secrets.token_bytes(KEY_BYTES)})
    return path


def add_key(path: Path) -> str:
    """Put a fresh key before the others; gives its id. Processes that read the file encrypt with it from then on."""
    name = _fresh_id()
    write_keys(path, {name: secrets.token_bytes(KEY_BYTES), **parse_keys(path.read_text())})
    return name


def keep_newest(path: Path) -> list[str]:
    """Remove all keys but the first; gives the ids of those that are gone for ever."""
    keys = parse_keys(path.read_text())
    newest, *older = keys
    if older:
        write_keys(path, {newest: keys[newest]})
    return older


def write_keys(path: Path, keys: dict[str, bytes]) -> None:
    """Replace the file; whoever reads it meanwhile sees all of the old or all of the new."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(written_keys(keys) + "\n")
        file.flush()
        # What is encrypted with a key that a power cut takes away is lost.
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _fresh_id() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}-{secrets.token_hex(3)}"
