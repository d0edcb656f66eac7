"""The closing line of `make test` counts all passes."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci/closing_line.py"


def closing(tmp_path: Path, *outputs: str, again: str | None = None, ask: tuple[str, ...] = ()) -> str:
    files = []
    for number, output in enumerate(outputs):
        files.append(tmp_path / str(number))
        files[-1].write_text(output)
    if again is not None:
        ask = ("--again", str(tmp_path / "again"))
        (tmp_path / "again").write_text(again)
    command = [sys.executable, SCRIPT, *files, *ask]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    ("outputs", "line"),
    [
        (["12 passed in 1.50s\n", "3 passed in 2.00s\n"], "===== 15 passed in 3.50s ====="),
        (
            ["1 failed, 2 passed, 1 warning in 1.00s\n", "4 passed, 2 skipped in 61.00s (0:01:01)\n"],
            "===== 1 failed, 6 passed, 2 skipped, 1 warning in 62.00s =====",
        ),
        (
            ["\x1b[31m\x1b[1m1 failed\x1b[0m, \x1b[32m2 passed\x1b[0m\x1b[31m in 1.00s\x1b[0m\n"],
            "===== 1 failed, 2 passed in 1.00s =====",
        ),
        (["==== 2 errors in 1.00s ====\n", "1 error in 1.00s\n"], "===== 3 error in 2.00s ====="),
        (["no tests ran in 0.10s\n"], "===== no tests ran in 0.10s ====="),
        (["3 passed in 1.00s\n", "....Terminated\n"], "===== 3 passed, 1 error in 1.00s ====="),
    ],
)  # fmt: skip
def test_counts_are_added(tmp_path: Path, outputs: list[str], line: str):
    assert closing(tmp_path, *outputs) == line


def test_it_is_said_what_was_skipped_and_why(tmp_path: Path):
    chromium = "no Chromium here: apt install chromium-headless-shell, or name one in CHROMIUM"
    first = f"SKIPPED [12] tests/browser/conftest.py:43: {chromium}\n4 passed, 12 skipped in 1.00s\n"
    second = (
        f"SKIPPED [1] tests/browser/conftest.py:43: {chromium}\nSKIPPED [1] tests/a.py:2: no key\n2 skipped in 1.00s\n"
    )
    lines = closing(tmp_path, first, second).splitlines()
    assert lines == [f"· 13 skipped: {chromium}", "· 1 skipped: no key", "===== 4 passed, 14 skipped in 2.00s ====="]


FIRST = (
    "FAILED tests/a.py::test_b[x y] - AssertionError: no\nERROR tests/c.py::test_d\n"
    "1 failed, 7 passed, 1 error in 9.00s\n"
)


def test_failures_are_counted_for_whoever_asks(tmp_path: Path):
    assert closing(tmp_path, FIRST, "1 failed in 2.00s\n", "3 passed in 1.00s\n", ask=("--failures",)) == "3"


def test_what_passes_when_it_is_run_again_is_named_and_counts(tmp_path: Path):
    lines = closing(tmp_path, FIRST, "3 passed in 1.00s\n", again="2 passed in 4.00s\n").splitlines()
    assert lines == [
        "· passed only when it was run again: tests/a.py::test_b[x y]",
        "· passed only when it was run again: tests/c.py::test_d",
        "===== 12 passed in 14.00s =====",
    ]


def test_what_fails_again_is_a_failure(tmp_path: Path):
    again = "ERROR tests/c.py::test_d - RuntimeError\n1 passed, 1 error in 4.00s\n"
    lines = closing(tmp_path, FIRST, again=again).splitlines()
    assert lines == [
        "· passed only when it was run again: tests/a.py::test_b[x y]",
        "===== 8 passed, 1 error in 13.00s =====",
    ]
