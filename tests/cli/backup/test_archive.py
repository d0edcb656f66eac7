"""A backup is all of what was written, or it is refused."""

import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.backup.archive import Manifest, part_of, read_archive, write_archive
from cli.errors import CliError


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A backup of two files."""
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "perdure.dump").write_bytes(b"rows" * 1_000)
    (parts / "temporal.db").write_bytes(b"histories" * 1_000)
    now = datetime.now(UTC)
    manifest = Manifest(
        perdure="1",
        revision="0013",
        temporal="sqlite",
        temporal_taken_at=now,
        taken_at=now,
        key_ids=("first",),
        secrets=(),
        parts=tuple(part_of(path) for path in sorted(parts.iterdir())),
    )
    made = tmp_path / "backup.tar"
    write_archive(made, parts, manifest)
    return made


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    folder = tmp_path / "fresh"
    folder.mkdir()
    return folder


def test_it_comes_back_as_it_was_and_is_private(archive: Path, fresh: Path) -> None:
    manifest = read_archive(archive, fresh)
    assert (manifest.key_ids, manifest.temporal) == (("first",), "sqlite")
    assert (fresh / "perdure.dump").read_bytes() == b"rows" * 1_000
    assert archive.stat().st_mode & 0o077 == 0
    assert not archive.with_name("backup.tar.part").exists()


@pytest.mark.parametrize("where", [b"rowsrows", b"historieshistories", b'"revision": "0013"', b'"sha256": "'])
def test_a_changed_byte_is_noticed(archive: Path, fresh: Path, where: bytes) -> None:
    content = bytearray(archive.read_bytes())
    place = content.index(where) + len(where) - 2
    content[place] = ord("9") if content[place] != ord("9") else ord("8")
    archive.write_bytes(content)
    with pytest.raises(CliError, match="damaged"):
        read_archive(archive, fresh)


def test_a_backup_cut_off_is_noticed(archive: Path, fresh: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:9_000])
    with pytest.raises(CliError, match="damaged"):
        read_archive(archive, fresh)


def test_a_part_that_is_missing_or_too_many_is_noticed(archive: Path, fresh: Path, tmp_path: Path) -> None:
    less, more = tmp_path / "less.tar", tmp_path / "more.tar"
    with tarfile.open(archive) as tar, tarfile.open(less, "w") as out:
        for entry in tar:
            if entry.name != "temporal.db":
                out.addfile(entry, tar.extractfile(entry))
    with pytest.raises(CliError, match=r"temporal\.db is missing"):
        read_archive(less, fresh)
    more.write_bytes(archive.read_bytes())
    with tarfile.open(more, "a") as tar:
        tar.add(__file__, arcname="../outside")
    (fresh / "second").mkdir()
    with pytest.raises(CliError, match="does not name"):
        read_archive(more, fresh / "second")
    assert not (tmp_path / "fresh" / "outside").exists()


@pytest.mark.parametrize("content", [b"", b"not a tar", b"\0" * 20_000])
def test_something_else_is_no_backup(tmp_path: Path, fresh: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(CliError, match="no backup"):
        read_archive(file, fresh)
