"""How long a wide fan-out takes."""

import time

from bench.documents import fan
from bench.numbers import ms, seconds, short
from bench.outcome import Figure, Outcome, Progress, Size, Table
from bench.perdure import perdure_with_worker
from bench.rivals.beds import plain_with_worker
from bench.rivals.plain_workflow import ChainOrder, PlainFan

COUNTS = {"full": (1_000, 10_000), "quick": (1_000,), "tiny": (60,)}
CONCURRENCY = 100
MOST_PLAIN = 1_000
"""Beyond 2,000 pending activities plain code hangs."""


async def measure(size: Size, progress: Progress) -> Outcome:
    """See module."""
    rows, figures = [], {}
    counts = COUNTS[size]
    for index, count in enumerate(counts):
        progress(index / len(counts), f"foreach of {count:,}")
        took, cpu = await _foreach(count)
        rows.append(["Perdure: foreach, one local step each", *_cells(count, took, cpu)])
        figures[f"foreach of {count:,}"] = Figure(value=took, unit="s")
        if count <= MOST_PLAIN:
            progress((index + 0.7) / len(counts), f"plain Temporal, {count:,} activities")
            rows.append(["plain Temporal: gather of activities", *_cells(count, *await _gather(count))])
    progress(1.0, "done")
    return Outcome(
        name="fanout",
        title="Fan-out",
        method=(
            f"A foreach with concurrency {CONCURRENCY} whose body is one local step that does nothing, with run log; "
            "beside it all activities at once in plain Temporal code on the tuned server, which has no run log and "
            "cannot do 10,000."
        ),
        tables=[Table(head=["", "items", "time", "items/s", "CPU per item"], rows=rows)],
        figures=figures,
    )


def _cells(count: int, took: float, cpu: float) -> list[str]:
    return [f"{count:,}", seconds(took), short(count / took), ms(cpu / count)]


async def _foreach(count: int) -> tuple[float, float]:
    async with perdure_with_worker() as (bed, worker):
        version = await bed.publish(fan("noop_local", CONCURRENCY))
        await bed.run(version, {"items": list(range(5))})
        meter = bed.meter(worker)
        before, began = sum(meter.read().values()), time.perf_counter()
        await bed.run(version, {"items": list(range(count))})
        return time.perf_counter() - began, sum(meter.read().values()) - before


async def _gather(count: int) -> tuple[float, float]:
    async with plain_with_worker(settings="ours") as (bed, worker):
        await bed.run(ChainOrder(steps=5))
        meter = bed.meter(worker)
        before, began = sum(meter.read().values()), time.perf_counter()
        await (await bed.start(PlainFan.run, ChainOrder(steps=count))).result()
        return time.perf_counter() - began, sum(meter.read().values()) - before
