"""Keys that sign access tokens: from the environment, or from a file that one process makes for all."""

import stat
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.access.settings import AccessSettings
from api.access.signing_keys import SigningKeys, load_signing_keys
from schemas.errors import ErrorCode, PerdureError

ONE, OTHER = "one key that is long enough to be taken by anybody", "another key that is long enough too, I think"


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    keys = load_signing_keys(AccessSettings(signing_key=SecretStr(f"{ONE.replace(' ', '')}"), data_dir=tmp_path))
    assert len(keys.by_id) == 1
    assert list(tmp_path.iterdir()) == []


def test_several_keys_are_accepted_and_the_first_signs() -> None:
    keys = SigningKeys([ONE, OTHER])
    first = keys.first
    assert first is not None
    assert SigningKeys([ONE]).by_id.keys() == {first[0]}
    assert len(keys.by_id) == 2


def test_a_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    settings = AccessSettings(signing_key=None, data_dir=tmp_path / "new")
    made = load_signing_keys(settings)
    path = tmp_path / "new" / "signing-key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_signing_keys(settings).by_id.keys() == made.by_id.keys()
    assert [file.name for file in path.parent.iterdir()] == ["signing-key"]


def test_processes_that_start_at_once_use_the_same_key(tmp_path: Path) -> None:
    found: list[str] = []
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        found.extend(load_signing_keys(AccessSettings(signing_key=None, data_dir=tmp_path)).by_id)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["signing-key"]


def refused(settings: AccessSettings) -> str:
    with pytest.raises(PerdureError) as error:
        load_signing_keys(settings)
    assert error.value.code is ErrorCode.INVALID_CONFIG
    return str(error.value)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    settings = AccessSettings(signing_key=None, data_dir=tmp_path)
    load_signing_keys(settings)
    (tmp_path / "signing-key").chmod(0o640)
    assert "chmod 600" in refused(settings)


@pytest.mark.parametrize("text", ["short", f"{ONE.replace(' ', '')},short", ",", " "])
def test_weak_keys_are_refused_and_not_repeated(text: str) -> None:
    assert "short" not in refused(AccessSettings(signing_key=SecretStr(text)))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "signing-key").touch(0o600)
    refused(AccessSettings(signing_key=None, data_dir=tmp_path))


def test_a_folder_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in refused(AccessSettings(signing_key=None, data_dir=tmp_path / "file"))


def test_no_key_at_all_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERDURE_DATA_DIR", raising=False)
    monkeypatch.setenv("PERDURE_SIGNING_KEY", "")
    assert load_signing_keys(AccessSettings()).first is None


def test_the_id_of_a_key_tells_nothing_of_it() -> None:
    keys = SigningKeys([ONE])
    first = keys.first
    assert first is not None
    assert first[0] not in first[1].raw_value.hex()
    assert len(first[1].raw_value) == 32
