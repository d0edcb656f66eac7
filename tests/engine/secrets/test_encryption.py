"""Where keys come from: a text or a file, both read strictly; a file that changes is read again."""

import base64
import json
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr

from engine.secrets import Encryption, EncryptionSettings
from engine.secrets.encryption import parse_keys, written_keys
from schemas.errors import ErrorCode, PerdureError

ONE, TWO = bytes(range(32)), bytes(range(223, 255))
WORKSPACE, ROW = UUID(int=1), UUID(int=2)


def text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def write(path: Path, keys: dict[str, bytes], mode: int = 0o600) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(written_keys(keys))
    fresh.chmod(mode)
    fresh.replace(path)


@pytest.mark.parametrize(
    "written",
    [
        f"one:{text(ONE)},two:{text(TWO)}",
        f" one : {text(ONE)} ,\n two:{text(TWO)},\n",
        json.dumps({"one": text(ONE), "two": text(TWO)}),
        f"one:{base64.urlsafe_b64encode(ONE).decode()},two:{text(TWO)}",
    ],
)
def test_keys_are_read_in_their_order(written: str) -> None:
    assert list(parse_keys(written).items()) == [("one", ONE), ("two", TWO)]


@pytest.mark.parametrize(
    "written", ["one", "one:***", '{"one": 1}', "{", f"a:{text(ONE)},a:{text(TWO)}", f'{{"a":"{text(ONE)}","a":"x"}}']
)
def test_what_is_not_understood_is_refused_without_being_quoted(written: str) -> None:
    with pytest.raises(ValueError, match="encryption key") as refused:
        parse_keys(written)
    assert text(ONE) not in str(refused.value)


def test_without_keys_it_says_what_to_set() -> None:
    encryption = Encryption(EncryptionSettings(keys=None, keys_file=None))
    encryption.check()
    with pytest.raises(PerdureError, match="PERDURE_ENCRYPTION_KEYS") as refused:
        encryption.encrypt("credential", WORKSPACE, ROW, b"value")
    assert refused.value.code is ErrorCode.MISSING_CREDENTIAL


def test_wrong_keys_are_found_at_the_start() -> None:
    with pytest.raises(PerdureError, match="must have 32"):
        Encryption(EncryptionSettings(keys=SecretStr("one:c2hvcnQ="))).check()


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PERDURE_ENCRYPTION_KEYS", f"one:{text(ONE)}")
    assert Encryption(EncryptionSettings()).ring().newest == "one"
    monkeypatch.setenv("PERDURE_ENCRYPTION_KEYS", "")
    monkeypatch.setenv("PERDURE_ENCRYPTION_KEYS_FILE", str(tmp_path / "keys"))
    write(tmp_path / "keys", {"two": TWO})
    assert Encryption(EncryptionSettings()).ring().newest == "two"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    write(tmp_path / "keys", {"one": ONE}, mode)
    with pytest.raises(PerdureError, match="chmod 600"):
        Encryption(EncryptionSettings(keys_file=tmp_path / "keys")).check()


def test_a_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    write(path, {"one": ONE})
    ours, theirs = (Encryption(EncryptionSettings(keys_file=path)) for _ in range(2))
    before = ours.encrypt("credential", WORKSPACE, ROW, b"first")
    assert theirs.decrypt("credential", WORKSPACE, ROW, before) == b"first"
    write(path, {"two": TWO, "one": ONE})
    after = ours.encrypt("credential", WORKSPACE, ROW, b"second")
    assert theirs.decrypt("credential", WORKSPACE, ROW, after) == b"second"
    assert theirs.decrypt("credential", WORKSPACE, ROW, before) == b"first"
    write(path, {"two": TWO})
    with pytest.raises(PerdureError, match="'one'"):
        theirs.decrypt("credential", WORKSPACE, ROW, before)


def test_a_file_that_vanishes_leaves_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    write(path, {"one": ONE})
    encryption = Encryption(EncryptionSettings(keys_file=path))
    sealed = encryption.encrypt("credential", WORKSPACE, ROW, b"value")
    path.unlink()
    assert encryption.decrypt("credential", WORKSPACE, ROW, sealed) == b"value"
    with pytest.raises(PerdureError, match="cannot be read"):
        Encryption(EncryptionSettings(keys_file=path)).check()
