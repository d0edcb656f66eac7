"""What `make test` makes of tests that fail, and of those that fail once."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / ".ci"
TESTS = """
from pathlib import Path

import pytest


def test_steady(): ...


@pytest.mark.faults
def test_once():
    seen = Path("seen")
    again = seen.exists()
    seen.touch()
    assert again


def test_broken():
    assert not {broken}
"""


def passes(folder: Path, broken: bool) -> subprocess.CompletedProcess[str]:
    """The script beside some tests, of which one may fail always."""
    shutil.copytree(FOLDER, folder / ".ci")
    (folder / "test_some.py").write_text(TESTS.format(broken=broken))
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    faults\n    longer\n")
    environment = {**os.environ, "BIN": str(Path(sys.executable).parent)}
    return subprocess.run(["bash", ".ci/tests"], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("broken", "code", "line"), [(False, 0, "===== 3 passed in"), (True, 1, "===== 1 failed, 2 passed in")]
)
def test_what_fails_once_is_named_and_what_fails_always_fails_the_whole(
    tmp_path: Path, broken: bool, code: int, line: str
):
    done = passes(tmp_path, broken=broken)
    *_, named, last = done.stdout.splitlines()
    assert named == "· passed only when it was run again: test_some.py::test_once"
    assert last.startswith(line)
    assert done.returncode == code
