"""`python -m bench [NAMES] [--quick]`: measures, prints, and writes docs/benchmarks.md and bench/results.json."""

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable

from bench.catalogue import NAMES, benchmark
from bench.machine import describe_machine, load_average
from bench.outcome import Outcome, Size
from bench.profile import profile_steps
from bench.report import report
from bench.results import Record, Results, commit_now, now

ROOT = Path(__file__).parents[1]
LONGEST_SECONDS = 600.0
"""Of one benchmark."""

console = Console()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 1 if a benchmark failed. An aim that is missed is a result, not a failure."""
    chosen = _parse(arguments)
    logging.basicConfig(level=logging.ERROR)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if chosen.profile:
            console.print(runner.run(profile_steps(chosen.profile)))
            return 0
        return runner.run(_measure_all(chosen.names or list(NAMES), _size(chosen), chosen.into))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], help="benchmarks to run; all by default")
    parser.add_argument("--quick", action="store_true", help="measure less of everything")
    parser.add_argument("--tiny", action="store_true", help="only see whether it works")
    parser.add_argument(
        "--into", type=Path, help="folder for benchmarks.md and results.json, instead of the repository"
    )
    parser.add_argument("--profile", choices=("local", "remote"), help="instead: where a worker's time goes")
    return parser.parse_args(arguments)


def _size(chosen: argparse.Namespace) -> Size:
    if chosen.tiny:
        return "tiny"
    return "quick" if chosen.quick else "full"


async def _measure_all(names: list[str], size: Size, into: Path | None) -> int:
    store = (into or ROOT / "bench") / "results.json"
    paper = (into or ROOT / "docs") / "benchmarks.md"
    results = Results.load(store)
    commit, machine = commit_now(ROOT), describe_machine()
    failed = []
    for name in names:
        load, began = load_average(), time.monotonic()
        outcome = await _measure(name, size)
        if outcome is None:
            failed.append(name)
            continue
        _print(outcome)
        took = time.monotonic() - began
        results.add(
            Record(commit=commit, at=now(), size=size, machine=machine, load=load, seconds=took, outcome=outcome)
        )
        results.save(store)
        paper.write_text(report(results, NAMES))
    if failed:
        console.print(f"[red]failed: {', '.join(failed)}[/]")
    return 1 if failed else 0


async def _measure(name: str, size: Size) -> Outcome | None:
    columns = (TextColumn("{task.fields[name]:>9}"), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task("starting", total=1.0, name=name)
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                return await benchmark(name)(
                    size, lambda done, what: bars.update(bar, completed=done, description=what)
                )
        except Exception:
            console.print_exception()
            return None


def _print(outcome: Outcome) -> None:
    for number, table in enumerate(outcome.tables):
        shown = RichTable(title=outcome.title if number == 0 else None, title_justify="left")
        for index, name in enumerate(table.head):
            shown.add_column(name, justify="left" if index == 0 else "right")
        for row in table.rows:
            shown.add_row(*row)
        console.print(shown)
    for aim in outcome.aims:
        mark = "[green]met   [/]" if aim.met else "[red]missed[/]"
        console.print(f"  {mark} {aim.text}: {aim.found}")
    console.print()


if __name__ == "__main__":
    sys.exit(main())
