"""Drives a system with runs: one after the other for latency, many at once for throughput."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.cpu import CpuMeter
from bench.numbers import percentile

RunOnce = Callable[[], Awaitable[object]]
Tick = Callable[[float], None]
"""Told how much of the work is done, from 0 to 1."""


@dataclass
class Load:
    """What was measured; times in seconds."""

    p50: float
    p95: float
    runs_per_second: float
    cpu_per_run: float
    cpu_shares: dict[str, float] = field(default_factory=dict)
    """CPU seconds per run, by process."""


def median_load(loads: Sequence[Load]) -> Load:
    """The medians of several measurements of the same system."""

    def middle(figure: Callable[[Load], float]) -> float:
        return median(figure(load) for load in loads)

    return Load(
        p50=middle(lambda load: load.p50),
        p95=middle(lambda load: load.p95),
        runs_per_second=middle(lambda load: load.runs_per_second),
        cpu_per_run=middle(lambda load: load.cpu_per_run),
        cpu_shares={name: median(load.cpu_shares[name] for load in loads) for name in loads[0].cpu_shares},
    )


def _no_tick(_: float) -> None:
    pass


async def measure_load(
    once: RunOnce, meter: CpuMeter, *, singles: int, in_flight: int, seconds: float, tick: Tick = _no_tick
) -> Load:
    """Measure a system under both loads.

    Args:
        once: One run from its start to its end.
        meter: The processes that do the work.
        singles: Runs one after the other; a fifth more go before them unmeasured.
        in_flight: Runs at once.
        seconds: Length of the window in which ends of runs are counted.
        tick: Told of the progress.
    """
    times = await _one_by_one(once, singles, lambda part: tick(part / 3))
    tick(1 / 3)
    rate, used = await _window(once, meter, in_flight, seconds, lambda part: tick((1 + 2 * part) / 3))
    tick(1.0)
    return Load(
        p50=percentile(times, 50),
        p95=percentile(times, 95),
        runs_per_second=rate,
        cpu_per_run=sum(used.values()),
        cpu_shares=used,
    )


async def _one_by_one(once: RunOnce, count: int, tick: Tick) -> list[float]:
    for _ in range(max(1, count // 5)):
        await once()
    times = []
    for index in range(count):
        began = time.perf_counter()
        await once()
        times.append(time.perf_counter() - began)
        tick((index + 1) / count)
    return times


async def _window(
    once: RunOnce, meter: CpuMeter, in_flight: int, seconds: float, tick: Tick
) -> tuple[float, dict[str, float]]:
    """Runs per second and CPU per run while `in_flight` lanes are busy; the window opens when each has ended once."""
    ends = 0
    stop = False

    async def lane() -> None:
        nonlocal ends
        while not stop:
            await once()
            ends += 1

    lanes = [asyncio.create_task(lane()) for _ in range(in_flight)]
    try:
        await _until(lambda: ends >= in_flight, lanes)
        before, first, began = meter.read(), ends, time.perf_counter()
        while (passed := time.perf_counter() - began) < seconds:
            tick(passed / seconds)
            await asyncio.sleep(min(0.2, seconds))
            _check(lanes)
        after, counted, took = meter.read(), ends - first, time.perf_counter() - began
    finally:
        stop = True
        await asyncio.gather(*lanes, return_exceptions=True)
    per_run = max(1, counted)
    return counted / took, {name: (after[name] - before[name]) / per_run for name in after}


async def _until(reached: Callable[[], bool], lanes: list[asyncio.Task[None]]) -> None:
    while not reached():
        await asyncio.sleep(0.005)
        _check(lanes)


def _check(lanes: list[asyncio.Task[None]]) -> None:
    for task in lanes:
        if task.done() and (error := task.exception()) is not None:
            raise error
