"""Files and key=value pairs become documents and inputs, or a sentence."""

import json
from pathlib import Path

import pytest

from cli.documents import is_json, read_document, read_input
from cli.errors import CliError


def test_values_are_json_or_text(tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text(json.dumps({"a": 1, "kept": True}))
    pairs = ["a=2", 'tags=["x"]', "name=Ada = Lovelace", "zip:=01234", "empty=", "no=null"]
    assert read_input(pairs, file) == {
        "a": 2,
        "kept": True,
        "tags": ["x"],
        "name": "Ada = Lovelace",
        "zip": "01234",
        "empty": "",
        "no": None,
    }


@pytest.mark.parametrize("pair", ["novalue", "=x", ":=x"])
def test_a_pair_without_a_key_is_refused(pair: str) -> None:
    with pytest.raises(CliError, match="key=value"):
        read_input([pair], None)


@pytest.mark.parametrize("content", ["[1]", "nope", "[" * 5000])
def test_an_input_file_holds_an_object(tmp_path: Path, content: str) -> None:
    file = tmp_path / "input.json"
    file.write_text(content)
    with pytest.raises(CliError, match="JSON"):
        read_input([], file)


def test_unreadable_files_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="no such file"):
        read_document(tmp_path / "missing.yaml")
    with pytest.raises(CliError, match="is a directory"):
        read_document(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9")
    with pytest.raises(CliError, match="UTF-8"):
        read_document(tmp_path / "latin.yaml")
    (tmp_path / "large.yaml").write_bytes(b"#" * (4 * 2**20 + 1))
    with pytest.raises(CliError, match="larger"):
        read_document(tmp_path / "large.yaml")


def test_json_is_recognised_by_name_and_by_look() -> None:
    assert is_json(Path("a.json"), "")
    assert is_json(Path("-"), ' {"a": 1}')
    assert not is_json(Path("a.yaml"), "{a: 1}")
