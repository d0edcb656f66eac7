"""Five sequential steps that do nothing: plain Temporal, LangGraph, Perdure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.documents import chain
from bench.load import Load, measure_load, median_load
from bench.numbers import ms, short, times
from bench.outcome import Aim, Figure, Outcome, Progress, Size, Table, pick
from bench.perdure import history_of, perdure_with_worker
from bench.rivals.beds import langgraph, plain_with_worker
from bench.rivals.plain_workflow import ChainOrder
from bench.servers import postgres_server, work_folder

STEPS = 5


@dataclass(frozen=True)
class Variant:
    """One row."""

    key: str
    name: str
    load: Load
    history: tuple[int, int] | None


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int
    singles: int
    in_flight: int
    seconds: float

    @property
    def of_one_round(self) -> dict[str, Any]:
        """Arguments of `measure_load`."""
        return {"singles": self.singles, "in_flight": self.in_flight, "seconds": self.seconds}


Tick = Callable[[float], None]
Measured = tuple[Load, tuple[int, int] | None]


async def measure(size: Size, progress: Progress) -> Outcome:
    """See module."""
    effort = Effort(pick(size, 3, 1, 1), pick(size, 15, 15, 3), pick(size, 50, 50, 5), pick(size, 6, 5, 1))
    variants = [one for one in _VARIANTS if size != "tiny" or one[0] in _TINY]
    measured: dict[str, list[Measured]] = {key: [] for key, _, _ in variants}
    turns = [one for _ in range(effort.rounds) for one in variants]
    for index, (key, name, run) in enumerate(turns):
        tick = _part_of(progress, index / len(turns), 1 / len(turns), name)
        tick(0.0)
        measured[key].append(await run(effort, tick))
    progress(1.0, "done")
    return _outcome({key: _variant(key, name, measured[key]) for key, name, _ in variants}, effort)


def _variant(key: str, name: str, rounds: list[Measured]) -> Variant:
    return Variant(key, name, median_load([load for load, _ in rounds]), rounds[0][1])


def _part_of(progress: Progress, begun: float, share: float, name: str) -> Tick:
    return lambda part: progress(begun + part * share, name)


async def _plain(effort: Effort, tick: Tick, *, tuned: bool, settings: str, local: bool = False) -> Measured:
    order = ChainOrder(steps=STEPS, local=local)
    async with plain_with_worker(tuned=tuned, settings=settings) as (bed, worker):
        load = await measure_load(lambda: bed.run(order), bed.meter(worker), **effort.of_one_round, tick=tick)
        return load, await history_of(await bed.run(order))


async def _shipped(effort: Effort, tick: Tick) -> Measured:
    return await _plain(effort, tick, tuned=False, settings="defaults")


async def _tuned(effort: Effort, tick: Tick) -> Measured:
    return await _plain(effort, tick, tuned=True, settings="defaults")


async def _tuned_worker(effort: Effort, tick: Tick) -> Measured:
    return await _plain(effort, tick, tuned=True, settings="ours")


async def _tuned_local(effort: Effort, tick: Tick) -> Measured:
    return await _plain(effort, tick, tuned=True, settings="ours", local=True)


async def _langgraph(effort: Effort, tick: Tick) -> Measured:
    with work_folder() as folder, postgres_server(folder) as database:
        found = await langgraph(database, {"task": "steps", "steps": STEPS, "load": effort.of_one_round})
    tick(1.0)
    return Load(**found), None


async def _perdure(effort: Effort, tick: Tick, kind: str) -> Measured:
    async with perdure_with_worker() as (bed, worker):
        version = await bed.publish(chain(kind, STEPS))
        load = await measure_load(lambda: bed.run(version), bed.meter(worker), **effort.of_one_round, tick=tick)
        return load, await history_of((await bed.run(version)).handle)


async def _remote(effort: Effort, tick: Tick) -> Measured:
    return await _perdure(effort, tick, "noop_remote")


async def _local(effort: Effort, tick: Tick) -> Measured:
    return await _perdure(effort, tick, "noop_local")


_VARIANTS = (
    ("a", "(a) plain Temporal, server as shipped", _shipped),
    ("b", "(b) plain Temporal, tuned server", _tuned),
    ("b_worker", "(b) with the worker tuned too", _tuned_worker),
    ("b_local", "(b) with both tuned and local activities", _tuned_local),
    ("c", "(c) LangGraph, Postgres checkpointer, sync", _langgraph),
    ("remote", "(d) Perdure, remote steps", _remote),
    ("local", "(d) Perdure, local steps", _local),
)


_TINY = ("b", "local")


def _outcome(found: dict[str, Variant], effort: Effort) -> Outcome:
    return Outcome(
        name="steps",
        title="Five sequential steps that do nothing",
        method=(
            f"All variants in turn, {effort.rounds} times; medians. Latency: {effort.singles} runs one after the "
            "other, from the start (for Perdure: the insert of the row) to the end (for Perdure: after the run log is "
            f"closed). Throughput: runs ended in {effort.seconds:g} s with {effort.in_flight} in flight. CPU: server, "
            "worker and PostgreSQL; for LangGraph its process and PostgreSQL. Plain Temporal uses the SDK's defaults "
            "unless said otherwise and writes no run log."
        ),
        tables=[_table(found), _cpu_table(found)],
        aims=_aims(found),
        figures=_figures(found),
    )


def _table(found: dict[str, Variant]) -> Table:
    rows = []
    for one in found.values():
        events, size = (f"{one.history[0]}", f"{one.history[1]:,}") if one.history else ("-", "-")
        rate = one.load.runs_per_second
        rows.append(
            [
                *(
                    one.name,
                    ms(one.load.p50),
                    ms(one.load.p95),
                    short(rate),
                    _beside(found, rate, "b"),
                    _beside(found, rate, "c"),
                ),
                *(events, size, ms(one.load.cpu_per_run)),
            ]
        )
    head = ["", "p50", "p95", "runs/s", "÷ (b)", "÷ (c)", "events", "bytes", "CPU per run"]
    return Table(head=head, rows=rows)


def _beside(found: dict[str, Variant], rate: float, other: str) -> str:
    return times(rate / found[other].load.runs_per_second) if other in found else "-"


def _cpu_table(found: dict[str, Variant]) -> Table:
    parts = ["Temporal", "worker", "process", "PostgreSQL"]
    rows = [
        [one.name, *(ms(one.load.cpu_shares[part]) if part in one.load.cpu_shares else "-" for part in parts)]
        for one in found.values()
    ]
    return Table(head=["CPU per run at full load", *parts], rows=rows)


def _aims(found: dict[str, Variant]) -> list[Aim]:
    if len(found) < len(_VARIANTS):
        return []
    rates = {key: one.load.runs_per_second for key, one in found.items()}
    slower = found["remote"].load.p50 / found["b"].load.p50
    return [
        _at_least("remote steps: runs/s no more than 15 % below (b)", rates["remote"] / rates["b"], 1 / 1.15),
        Aim(text="remote steps: latency no more than 15 % above (b)", found=times(slower), met=slower <= 1.15),
        _at_least("local steps: at least 0.6x the runs/s of (c)", rates["local"] / rates["c"], 0.6),
        _at_least("local steps: at least 2x the runs/s of (b)", rates["local"] / rates["b"], 2.0),
    ]


def _at_least(text: str, ratio: float, least: float) -> Aim:
    return Aim(text=text, found=times(ratio), met=ratio >= least)


def _figures(found: dict[str, Variant]) -> dict[str, Figure]:
    figures = {}
    for key, one in found.items():
        figures[f"{key}: runs/s"] = Figure(value=one.load.runs_per_second, unit="", less_is_better=False)
        figures[f"{key}: p50"] = Figure(value=one.load.p50 * 1_000, unit="ms")
        figures[f"{key}: CPU per run"] = Figure(value=one.load.cpu_per_run * 1_000, unit="ms")
    return figures
