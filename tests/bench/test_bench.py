"""A tiny run of a benchmark works, and leaves a report and results that the next run can compare with."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.catalogue import NAMES
from bench.outcome import Aim, Figure, Outcome, Table
from bench.report import report
from bench.results import Record, Results

ROOT = Path(__file__).parents[2]


def bench(into: Path, *names: str) -> tuple[int, str]:
    """Status and output of `python -m bench`: a process, because it changes what it knows of node kinds."""
    line = [sys.executable, "-m", "bench", *names, "--tiny", "--into", str(into)]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            output, _ = process.communicate(timeout=200)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)  # a kill would leave its servers behind
            output, _ = process.communicate(timeout=60)
    return process.returncode, output


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", [pytest.param("decide", marks=pytest.mark.longer), "compile"])
def test_a_benchmark_works(tmp_path: Path, name: str):
    status, output = bench(tmp_path, name)
    assert status == 0, output[-3_000:]
    kept = Results.load(tmp_path / "results.json")
    assert set(kept.latest) == {name}
    outcome = kept.latest[name].outcome
    assert outcome.figures
    paper = (tmp_path / "benchmarks.md").read_text()
    assert f"## {outcome.title}" in paper
    assert str(ROOT) not in paper


def record(commit: str, value: float, *, met: bool = True) -> Record:
    """A benchmark that gave `value`."""
    outcome = Outcome(
        name="steps",
        title="Steps",
        method="Counted.",
        tables=[Table(head=["", "runs/s"], rows=[["ours", "1"]])],
        aims=[Aim(text="be fast", found="1", met=met)],
        figures={"rate": Figure(value=value, unit="ms")},
    )
    return Record(commit=commit, at="today", size="quick", machine={"CPU": "2"}, load=0.1, seconds=1, outcome=outcome)


def test_the_report_compares_with_the_last_commit(tmp_path: Path):
    results = Results()
    results.add(record("aaa", 10))
    results.save(tmp_path / "results.json")
    results = Results.load(tmp_path / "results.json")
    results.add(record("bbb", 5))
    results.add(record("bbb", 20))
    paper = report(results, NAMES)
    assert "| rate | 10.0 ms | 20.0 ms | 2.00x | less |" in paper
    assert "Beside commit aaa" in paper
    assert "1 of 1 are met" in paper


def test_a_missed_aim_is_named():
    results = Results()
    results.add(record("aaa", 10, met=False))
    paper = report(results, NAMES)
    assert "**missed**" in paper
    assert "Beside commit" not in paper
