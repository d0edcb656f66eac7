"""How fast a run goes on after its worker was killed in the middle of a step."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.documents import chain
from bench.kinds.idling import marks_in
from bench.numbers import percentile, seconds
from bench.outcome import Aim, Figure, Outcome, Progress, Size, Table, pick
from bench.perdure import perdure
from bench.processes import BenchError, Process
from bench.rivals.beds import plain_temporal
from bench.rivals.plain_workflow import ChainOrder, PlainChain

STEPS = 5
KILLED_IN = "s3"
LIMIT = 3.0


@dataclass(frozen=True)
class Recovery:
    """What happened after one kill; times in seconds."""

    after_kill: float
    """From the kill to the end of the run, without the work that was left."""
    start_of_worker: float
    """Part of that: until a fresh worker was ready."""
    finished_again: int
    """Steps that were done and were done once more."""
    interrupted_again: int


async def measure(size: Size, progress: Progress) -> Outcome:
    """See module."""
    rounds, length = pick(size, 3, 1, 1), 1.0 if size != "tiny" else 0.2
    found: dict[str, list[Recovery]] = {}
    variants = list(_VARIANTS.items())[-1 if size == "tiny" else 0 :]
    for index, (name, run) in enumerate(variants):
        for number in range(rounds):
            progress((index + number / rounds) / len(variants), name)
            found.setdefault(name, []).append(await run(length))
    progress(1.0, "done")
    return _outcome(found, length)


async def _plain(length: float, settings: str, *, local: bool = False) -> Recovery:
    async with plain_temporal() as bed:
        marks = bed.folder / "marks"
        order = ChainOrder(steps=STEPS, seconds=length, marks=str(marks), heartbeat=1.0, local=local)

        async def begin() -> Awaitable[Any]:
            return (await bed.start(PlainChain.run, order)).result()

        return await _kill_and_wait(lambda: bed.worker(settings), begin, marks, length)


async def _perdure(length: float, kind: str, *, beside: bool = False) -> Recovery:
    async with perdure() as bed:
        marks = bed.servers.folder / "marks"
        settings = {"seconds": length, "marks": str(marks)}
        version = await bed.publish(chain(kind, STEPS, settings, name="recovery"))

        async def begin() -> Awaitable[Any]:
            return (await bed.start(version)).handle.result()

        return await _kill_and_wait(bed.worker, begin, marks, length, beside=beside)


_VARIANTS: dict[str, Callable[[float], Awaitable[Recovery]]] = {
    "(b) plain Temporal, SDK defaults, heartbeat 1 s": lambda length: _plain(length, "defaults"),
    "(b) with sticky timeout 1 s": lambda length: _plain(length, "quick_sticky"),
    "(b) with sticky timeout 1 s, local activities": lambda length: _plain(length, "quick_sticky", local=True),
    "Perdure, remote steps": lambda length: _perdure(length, "noop_remote"),
    "Perdure, local steps": lambda length: _perdure(length, "noop_local"),
    "Perdure, remote steps, two workers": lambda length: _perdure(length, "noop_remote", beside=True),
    "Perdure, local steps, two workers": lambda length: _perdure(length, "noop_local", beside=True),
}


async def _kill_and_wait(
    start_worker: Callable[[], Process],
    begin: Callable[[], Awaitable[Awaitable[Any]]],
    marks: Path,
    length: float,
    *,
    beside: bool = False,
) -> Recovery:
    """Kills the worker that has the step, and starts a fresh one as a supervisor does.

    Args:
        beside: Whether a second worker runs all the time.
    """
    workers = [await asyncio.to_thread(start_worker) for _ in range(2 if beside else 1)]
    try:
        ended = asyncio.ensure_future(await begin())
        at_end = asyncio.ensure_future(_moment_of(ended))
        victim = await _until_marked(marks, KILLED_IN, ended)
        await asyncio.sleep(length / 2)
        next(worker for worker in workers if worker.pid == victim).kill()
        killed = time.monotonic()
        workers.append(await asyncio.to_thread(start_worker))
        ready = time.monotonic()
        took = await asyncio.wait_for(at_end, 120) - killed
    finally:
        for worker in workers:
            worker.stop()
    remaining = length * (STEPS - int(KILLED_IN[1:]) + 1)
    done = Counter(mark["path"] for mark in marks_in(marks) if mark["what"] == "done")
    begun = Counter(mark["path"] for mark in marks_in(marks) if mark["what"] == "begun")
    return Recovery(
        after_kill=took - remaining,
        start_of_worker=ready - killed,
        finished_again=sum(count - 1 for count in done.values()),
        interrupted_again=sum(begun.values()) - sum(done.values()),
    )


async def _moment_of(ended: "asyncio.Future[Any]") -> float:
    await ended
    return time.monotonic()


async def _until_marked(marks: Path, path: str, ended: "asyncio.Future[Any]") -> int:
    """The process that has begun the step."""
    give_up = time.monotonic() + 60
    while (pid := next((int(mark["pid"]) for mark in marks_in(marks) if mark["path"] == path), None)) is None:
        if ended.done() or time.monotonic() > give_up:
            raise BenchError(f"step {path} never began")
        await asyncio.sleep(0.01)
    return pid


def _outcome(found: dict[str, list[Recovery]], length: float) -> Outcome:
    rows = [
        [
            name,
            seconds(_median(one, "after_kill")),
            seconds(max(r.after_kill for r in one)),
            seconds(_median(one, "start_of_worker")),
            str(max(r.finished_again for r in one)),
            str(max(r.interrupted_again for r in one)),
        ]
        for name, one in found.items()
    ]
    return Outcome(
        name="recovery",
        title="Recovery after kill -9 of the worker",
        method=(
            f"A run of {STEPS} steps of {length:g} s; the worker that has step 3 is killed in the middle of it and a "
            "fresh one started at once; with two workers, the other one goes on meanwhile. Counted from the kill to "
            "the end of the run, less the steps that were left, the interrupted one included."
        ),
        tables=[
            Table(
                head=[
                    "",
                    "median",
                    "worst",
                    "of it: start of the fresh worker",
                    "finished steps done again",
                    "interrupted steps done again",
                ],
                rows=rows,
            )
        ],
        aims=[_aim(name, one) for name, one in found.items() if name.startswith("Perdure")],
        figures={name: Figure(value=_median(one, "after_kill"), unit="s") for name, one in found.items()},
    )


def _median(found: list[Recovery], name: str) -> float:
    return percentile([getattr(one, name) for one in found], 50)


def _aim(name: str, found: list[Recovery]) -> Aim:
    took, again = _median(found, "after_kill"), max(one.finished_again for one in found)
    return Aim(
        text=f"{name}: under {LIMIT:g} s, no finished step again",
        found=f"{seconds(took)}, {again} again",
        met=took < LIMIT and again == 0,
    )
