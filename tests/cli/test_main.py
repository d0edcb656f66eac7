"""The command as a whole: exit statuses, sentences, no traceback for anything a person can type."""

from pathlib import Path

import pytest

from cli.main import run_command

BAD = """\
format: perdure/v1
name: Bad
nodes:
  - id: a
    kind: llmm
  - id: b
    kind: transform
    with: {value: "{{ nodes.zz.output }}"}
edges:
  - {from: a, to: c}
"""

GOOD = """\
format: perdure/v1
name: Good
nodes:
  - id: a
    kind: transform
    with: {value: 1}
"""


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PERDURE_API_URL", "PERDURE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PERDURE_DATA_DIR", str(tmp_path / "data"))


def test_validate_prints_every_fault_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(BAD)
    assert run_command(["validate", str(file)]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert [line.removeprefix(str(file)).split()[:2] for line in lines] == [
        [":5:5", "unknown_kind"],
        [":8:12", "unknown_node"],
        [":10:15", "dangling_edge"],
    ]


def test_validate_accepts_a_good_document_beside_a_bad_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    assert run_command(["validate", str(tmp_path / "good.yaml")]) == 0
    assert "is valid" in capsys.readouterr().err
    (tmp_path / "bad.json").write_text('{"format": "perdure/v1", ')
    assert run_command(["validate", str(tmp_path / "good.yaml"), str(tmp_path / "bad.json")]) == 1


@pytest.mark.parametrize("text", ["", "\x00", "- - -", "[" * 300, "a: &x [*x]", "name: \\ud800", "{{{{", "null", "5"])
def test_no_document_is_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(text)
    assert run_command(["validate", str(file)]) == 1
    assert str(file) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["runs", "list"], 1, "no API token"),
        (["--token", "t", "--url", "http://127.0.0.1:1", "runs", "list"], 1, "does not answer"),
        (["--token", "t", "--url", "gopher://x", "runs", "list"], 1, "http://"),
        (["run", "/nonexistent.yaml"], 1, "cannot be read"),
        (["run", "/dev/null", "-i", "x"], 1, "key=value"),
        (["approve", "a1", "--token", "t"], 2, ""),
        (["--token", "t", "approve", "a1", "--data", "{"], 1, "no JSON"),
        (["kinds", "wheel"], 1, "there is no node kind"),
        (["teleport"], 2, ""),
        (["runs"], 2, ""),
        (["worker", "--health-port", "99999999"], 2, ""),
    ],
)
def test_mistakes_are_sentences(
    arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(arguments) == status
    printed = capsys.readouterr()
    assert said in printed.err
    assert "Traceback" not in printed.err + printed.out


def test_kinds_need_no_server(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["kinds", "--json"]) == 0
    assert '"http_request"' in capsys.readouterr().out


def test_migrate_without_a_database_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("PERDURE_DATABASE_URL", "DATABASE_URL", "PERDURE_DATABASE_ADMIN_URL"):
        monkeypatch.delenv(name, raising=False)
    assert run_command(["migrate"]) == 1
    assert "DATABASE_URL" in capsys.readouterr().err


def test_migrate_with_a_database_that_is_away_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PERDURE_DATABASE_URL", "postgresql://postgres:@/postgres?host=/nonexistent")
    assert run_command(["migrate"]) == 1
    assert "cannot be migrated" in capsys.readouterr().err


def test_a_wrong_setting_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PERDURE_DATABASE_URL", "postgresql://secret@/x")
    monkeypatch.setenv("PERDURE_DATABASE_POOL_SIZE", "many")
    assert run_command(["migrate"]) == 1
    said = capsys.readouterr().err
    assert "PERDURE_DATABASE_POOL_SIZE: Input should be a valid integer" in said
    assert "secret" not in said
