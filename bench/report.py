"""Writes docs/benchmarks.md."""

from collections.abc import Iterable

from bench.numbers import short, times
from bench.outcome import Aim, Table
from bench.results import Past, Record, Results

INTRODUCTION = """\
# Benchmarks

Written by `make bench`; do not edit. `make bench ARGS="steps post"` measures only these and leaves the others as they
are, `ARGS=--quick` measures less of everything. Each benchmark runs everything it compares on the same machine within
minutes, on servers of its own; read the ratios, and take differences under a fifth for noise.
"""


def report(results: Results, order: Iterable[str]) -> str:
    """The whole text."""
    records = [results.latest[name] for name in order if name in results.latest]
    parts = [INTRODUCTION, _machines(records), _summary(records), *(_section(r, results.before(r)) for r in records)]
    return "\n".join(parts)


def _machines(records: list[Record]) -> str:
    facts = records[-1].machine
    lines = [f"- {name}: {fact}" for name, fact in facts.items()]
    if any(record.machine != facts for record in records):
        lines.append("- Some of the benchmarks below were measured on another machine or with other versions.")
    return "\n".join(["## Machine", "", *lines, ""])


def _summary(records: list[Record]) -> str:
    aims = [(record, aim) for record in records for aim in record.outcome.aims]
    met = sum(aim.met for _, aim in aims)
    rows = [[record.outcome.title, aim.text, aim.found, _verdict(aim)] for record, aim in aims]
    table = markdown(Table(head=["benchmark", "aim", "found", ""], rows=rows))
    return "\n".join(["## Aims", "", f"{met} of {len(aims)} are met.", "", table, ""])


def _verdict(aim: Aim) -> str:
    return "met" if aim.met else "**missed**"


def _section(record: Record, before: Past | None) -> str:
    outcome = record.outcome
    tables = "\n\n".join(markdown(table) for table in outcome.tables)
    notes = [f"- {note}" for note in outcome.notes]
    measured = (
        f"Commit `{record.commit}`, {record.at}, {record.size} size, {record.seconds:.0f} s; "
        f"load of the machine before: {record.load:.1f}."
    )
    parts = [f"## {outcome.title}", "", outcome.method, "", tables, "", *notes, *([""] if notes else []), measured, ""]
    return "\n".join(parts + ([_comparison(record, before), ""] if before is not None else []))


def _comparison(record: Record, before: Past) -> str:
    rows = []
    for name, figure in record.outcome.figures.items():
        old = before.figures.get(name)
        if old is not None and old.value:
            values = [f"{short(one.value)} {one.unit}".strip() for one in (old, figure)]
            rows.append([name, *values, times(figure.value / old.value), "less" if figure.less_is_better else "more"])
    table = markdown(Table(head=["figure", f"`{before.commit}`", "now", "now ÷ before", "better is"], rows=rows))
    return f"<details><summary>Beside commit {before.commit} ({before.at})</summary>\n\n{table}\n\n</details>"


def markdown(table: Table) -> str:
    """A Markdown table; every column but the first is aligned right."""
    rule = ["---", *["---:" for _ in table.head[1:]]]
    return "\n".join("| " + " | ".join(line) + " |" for line in [table.head, rule, *table.rows])
