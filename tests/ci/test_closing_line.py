"""The closing line of `make test` counts all passes."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci/closing_line.py"


def closing(tmp_path: Path, *outputs: str) -> str:
    files = []
    for number, output in enumerate(outputs):
        files.append(tmp_path / str(number))
        files[-1].write_text(output)
    return subprocess.run([sys.executable, SCRIPT, *files], capture_output=True, text=True, check=True).stdout.strip()


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
