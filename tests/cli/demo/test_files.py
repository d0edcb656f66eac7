"""What the demo keeps between starts."""

import socket
from pathlib import Path

import pytest

from cli.data_folder import DataFolder
from cli.demo.files import EXAMPLE, Episode, require_example


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder(tmp_path)
    made.create()
    return made


def kept(folder: DataFolder, run_id: str | None = "r1") -> Episode:
    fresh = Episode.fresh()
    episode = Episode(fresh.ledger_file, fresh.ledger_port, run_id)
    episode.database(folder).parent.mkdir()
    episode.database(folder).touch()
    episode.keep(folder)
    return episode


def test_the_example_is_here():
    require_example()
    assert (EXAMPLE / "mails.json").is_file()


def test_nothing_is_left_at_first(folder: DataFolder):
    assert Episode.unfinished(folder) is None


def test_an_unfinished_run_is_found_again(folder: DataFolder):
    episode = kept(folder)
    assert Episode.unfinished(folder) == episode


def test_a_finished_run_is_forgotten(folder: DataFolder):
    kept(folder).forget(folder)
    assert Episode.unfinished(folder) is None


def test_without_a_run_everything_begins_anew(folder: DataFolder):
    kept(folder, run_id=None)
    assert Episode.unfinished(folder) is None


def test_without_its_ledger_a_run_cannot_go_on(folder: DataFolder):
    episode = kept(folder)
    episode.database(folder).unlink()
    assert Episode.unfinished(folder) is None


def test_a_taken_port_means_another_ledger(folder: DataFolder):
    episode = kept(folder)
    with socket.create_server(("127.0.0.1", episode.ledger_port)):
        assert Episode.unfinished(folder) is None


@pytest.mark.parametrize("junk", ["text", ["list"], {"run_id": "r1"}, {"run_id": "r1", "other": 1}])
def test_facts_of_another_version_are_ignored(folder: DataFolder, junk):
    folder.remember(demo=junk)
    assert Episode.unfinished(folder) is None
