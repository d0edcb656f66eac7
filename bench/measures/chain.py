"""Whether a step costs the same in long runs as in short ones."""

import time
from dataclasses import dataclass

from bench.documents import chain
from bench.numbers import ms, seconds, times
from bench.outcome import Aim, Figure, Outcome, Progress, Size, Table
from bench.perdure import Perdure, perdure_with_worker
from bench.processes import Process

KINDS = {"noop_local": "local steps", "transform": "transforms (inside the workflow)"}
LENGTHS = {"full": (100, 1_000, 10_000), "quick": (100, 1_000, 10_000), "tiny": (5, 20)}
SETTINGS = {"noop_local": {}, "transform": {"value": 1}}


@dataclass(frozen=True)
class Cost:
    """What one run has taken, in seconds."""

    kind: str
    steps: int
    runs: int
    elapsed: float
    cpu: float

    @property
    def per_step(self) -> float:
        """Time of a step."""
        return self.elapsed / self.steps / self.runs

    @property
    def cpu_per_step(self) -> float:
        """CPU of a step."""
        return self.cpu / self.steps / self.runs


async def measure(size: Size, progress: Progress) -> Outcome:
    """See module."""
    lengths = LENGTHS[size]
    plans = [(kind, steps) for kind in KINDS for steps in lengths if not (size == "quick" and _is_long(kind, steps))]
    whole, done, costs = sum(steps for _, steps in plans), 0, []
    async with perdure_with_worker() as (bed, worker):
        for kind, steps in plans:
            progress(done / whole, f"{steps:,} {KINDS[kind]}")
            costs.append(await _cost(bed, worker, kind, steps, max(1, min(10, lengths[1] // steps))))
            done += steps
    progress(1.0, "done")
    return _outcome(costs)


def _is_long(kind: str, steps: int) -> bool:
    return kind == "noop_local" and steps > 1_000


async def _cost(bed: Perdure, worker: Process, kind: str, steps: int, runs: int) -> Cost:
    version = await bed.publish(chain(kind, steps, SETTINGS[kind]))
    await bed.run(version)  # the first run of a version loads its plan
    meter = bed.meter(worker)
    before, began = sum(meter.read().values()), time.perf_counter()
    for _ in range(runs):
        await bed.run(version)
    elapsed = time.perf_counter() - began
    return Cost(kind, steps, runs, elapsed, sum(meter.read().values()) - before)


def _outcome(costs: list[Cost]) -> Outcome:
    rows = [
        [
            KINDS[c.kind],
            f"{c.steps:,}",
            seconds(c.elapsed / c.runs),
            ms(c.per_step),
            times(_growth(costs, c)),
            ms(c.cpu_per_step),
        ]
        for c in costs
    ]
    return Outcome(
        name="chain",
        title="Cost of a step in long runs",
        method="Chains of steps that do nothing, run by run; the first run of each version is not counted.",
        tables=[Table(head=["", "steps", "one run", "per step", "÷ the shortest", "CPU per step"], rows=rows)],
        aims=[_aim(costs, kind) for kind in KINDS],
        figures={f"{KINDS[c.kind]}, {c.steps:,}: per step": Figure(value=c.per_step * 1_000, unit="ms") for c in costs},
    )


def _growth(costs: list[Cost], cost: Cost) -> float:
    return cost.per_step / next(c.per_step for c in costs if c.kind == cost.kind)


def _aim(costs: list[Cost], kind: str) -> Aim:
    last = [c for c in costs if c.kind == kind][-1]
    growth = _growth(costs, last)
    return Aim(
        text=f"{KINDS[kind]}: flat within 1.2x up to {last.steps:,} steps", found=times(growth), met=growth <= 1.2
    )
