"""The data folder keeps its secrets to itself and belongs to one process at a time."""

import stat
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from cli.data_folder import DataFolder
from cli.errors import CliError
from cli.settings import Connection
from engine.secrets.encryption import parse_keys


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder.at(tmp_path / "data")
    made.create()
    return made


def test_secrets_are_made_once_and_private(folder: DataFolder) -> None:
    token = folder.token()
    assert DataFolder(folder.path).token() == token
    assert len(token) >= 32
    assert stat.S_IMODE((folder.path / "token").stat().st_mode) == 0o600
    Webhook(folder.webhook_secret())
    keys = folder.encryption_keys()
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    written = keys.read_text()
    assert DataFolder(folder.path).encryption_keys().read_text() == written
    [key] = parse_keys(written).values()
    assert len(key) == 32


def test_two_processes_cannot_hold_it(folder: DataFolder) -> None:
    with folder.held(), pytest.raises(CliError, match=r"already runs on .* \(process \d+\)"), folder.held():
        pass
    with folder.held():
        pass


def test_facts_are_kept_and_broken_ones_forgotten(folder: DataFolder) -> None:
    folder.remember(api_port=1)
    folder.remember(api_url="http://x")
    assert folder.remembered() == {"api_port": 1, "api_url": "http://x"}
    (folder.path / "state.json").write_text("{")
    assert folder.remembered() == {}


def test_a_folder_that_cannot_be_made_is_a_sentence() -> None:
    with pytest.raises(CliError, match="cannot be made"):
        DataFolder.at(Path("/dev/null/x")).create()


def test_clients_find_url_and_token_in_this_order(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PERDURE_API_URL", "PERDURE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PERDURE_DATA_DIR", str(folder.path))
    connection = Connection()
    assert connection.resolved_url() == "http://127.0.0.1:8321"
    with pytest.raises(CliError, match="no API token"):
        connection.resolved_token()
    token = folder.token()
    folder.remember(api_url="http://kept/")
    assert (connection.resolved_url(), connection.resolved_token()) == ("http://kept", token)
    monkeypatch.setenv("PERDURE_API_URL", "http://environment")
    monkeypatch.setenv("PERDURE_API_TOKEN", "environment")
    assert (connection.resolved_url(), connection.resolved_token()) == ("http://environment", "environment")
    named = Connection(data_dir=folder.path)
    assert (named.resolved_url(), named.resolved_token()) == ("http://kept", token)
    given = Connection("http://given", "given", folder.path)
    assert (given.resolved_url(), given.resolved_token()) == ("http://given", "given")
