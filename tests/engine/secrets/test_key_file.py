"""The key file: private, replaced in one step, the newest key first."""

import stat
from pathlib import Path

from engine.secrets import Encryption, EncryptionSettings
from engine.secrets.encryption import parse_keys
from engine.secrets.key_file import add_key, ensure_key_file, keep_newest


def test_keys_come_and_go_and_values_stay_readable(tmp_path: Path) -> None:
    path = ensure_key_file(tmp_path / "keys")
    encryption = Encryption(EncryptionSettings(keys=None, keys_file=path))
    first = encryption.ring().newest
    sealed = encryption.encrypt("credential", None, 1, b"value")
    second = add_key(path)
    assert second != first
    assert list(parse_keys(path.read_text())) == [second, first]
    assert encryption.ring().newest == second
    assert encryption.decrypt("credential", None, 1, sealed) == b"value"
    sealed = encryption.ring().rewrapped(sealed)
    assert keep_newest(path) == [first]
    assert keep_newest(path) == []
    assert encryption.decrypt("credential", None, 1, sealed) == b"value"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["keys"]


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    path = ensure_key_file(tmp_path / "keys")
    before = path.read_text()
    assert ensure_key_file(path).read_text() == before
