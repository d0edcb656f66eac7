"""What a run costs in memory while it waits for a person."""

import asyncio
from dataclasses import dataclass

import psutil
from sqlalchemy import func, select

from api.workflows.version_cache import KnownVersion
from bench.documents import waiting
from bench.numbers import short, times
from bench.outcome import Aim, Figure, Outcome, Progress, Size, Table, pick
from bench.perdure import Perdure, perdure_with_worker
from bench.processes import BenchError, Process
from db.tables import Approval

NODES = 20
LIMIT_KB = 150.0
STARTS_AT_ONCE = 16
SHIPPED, CHECKED = "as shipped", "in the determinism sandbox"
SANDBOX: dict[str, dict[str, str]] = {SHIPPED: {}, CHECKED: {"PERDURE_WORKER_SANDBOX": "true"}}


@dataclass(frozen=True)
class Footprint:
    """Of one cached run."""

    kilobytes: float
    cpu_ms: float


async def measure(size: Size, progress: Progress) -> Outcome:
    """See module."""
    runs, warm = pick(size, 500, 200, 10), pick(size, 50, 30, 5)
    found: dict[str, Footprint] = {}
    for index, (name, sandbox) in enumerate(list(SANDBOX.items())[: 1 if size == "tiny" else None]):
        progress(index / 2, f"{runs} waiting runs, {name}")
        async with perdure_with_worker(**sandbox) as (bed, worker):
            found[name] = await _footprint(bed, worker, warm, runs)
    progress(1.0, "done")
    return _outcome(found, runs)


async def _footprint(bed: Perdure, worker: Process, warm: int, runs: int) -> Footprint:
    version = await bed.publish(waiting(NODES))
    process = psutil.Process(worker.pid)
    await _start_and_wait(bed, version, warm, warm)
    before, cpu = process.memory_info().rss, sum(process.cpu_times()[:2])
    await _start_and_wait(bed, version, runs, warm + runs)
    grown = process.memory_info().rss - before
    return Footprint(grown / runs / 1024, (sum(process.cpu_times()[:2]) - cpu) / runs * 1_000)


async def _start_and_wait(bed: Perdure, version: KnownVersion, runs: int, expected: int) -> None:
    for first in range(0, runs, STARTS_AT_ONCE):
        await asyncio.gather(*(bed.start(version) for _ in range(min(STARTS_AT_ONCE, runs - first))))
    for _ in range(1_200):
        async with bed.services.database.system() as session:
            if (await session.scalar(select(func.count()).select_from(Approval))) == expected:
                return
        await asyncio.sleep(0.1)
    raise BenchError(f"not all of {expected} runs came to wait")


def _outcome(found: dict[str, Footprint], runs: int) -> Outcome:
    shipped = found[SHIPPED].kilobytes
    rows = [
        [name, f"{short(one.kilobytes)} KB", times(one.kilobytes / shipped), f"{short(one.cpu_ms)} ms"]
        for name, one in found.items()
    ]
    return Outcome(
        name="memory",
        title="Memory of a waiting run",
        method=(
            f"Growth of the worker's resident memory over {runs} runs of a graph of {NODES} nodes that wait at an "
            "approval, all of them cached; some runs before the count are not counted."
        ),
        tables=[Table(head=["", "per run", "÷ as shipped", "CPU of the worker per run"], rows=rows)],
        aims=[Aim(text=f"under {LIMIT_KB:g} KB per run", found=f"{short(shipped)} KB", met=shipped < LIMIT_KB)],
        figures={name: Figure(value=one.kilobytes, unit="KB") for name, one in found.items()},
    )
