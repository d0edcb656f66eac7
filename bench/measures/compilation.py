"""How long the compiler takes over large documents."""

import asyncio
import time
from typing import Any

from bench.documents import chain, large
from bench.numbers import percentile, seconds
from bench.outcome import Aim, Figure, Outcome, Progress, Size, Table, pick
from schemas.compiler import compile_document

LIMIT = 2.0


async def measure(size: Size, progress: Progress) -> Outcome:
    """See module."""
    nodes, rounds = pick(size, 5_000, 5_000, 200), pick(size, 5, 3, 1)
    documents = {
        "branches, joins and templates": large(nodes),
        "a plain chain": chain("transform", nodes, {"value": 1}),
    }
    found = {}
    for index, (name, document) in enumerate(documents.items()):
        progress(index / len(documents), name)
        found[name] = [await asyncio.to_thread(_once, document) for _ in range(rounds)]
    progress(1.0, "done")
    worst = max(percentile(times, 50) for times in found.values())
    return Outcome(
        name="compile",
        title=f"Compiling {nodes:,} nodes",
        method=f"From the parsed document to the plan, {rounds} times each.",
        tables=[
            Table(
                head=["document", "median", "worst"],
                rows=[[name, seconds(percentile(one, 50)), seconds(max(one))] for name, one in found.items()],
            )
        ],
        aims=[Aim(text=f"{nodes:,} nodes under {LIMIT:g} s", found=seconds(worst), met=worst < LIMIT)],
        figures={name: Figure(value=percentile(one, 50), unit="s") for name, one in found.items()},
    )


def _once(document: dict[str, Any]) -> float:
    began = time.perf_counter()
    compiled = compile_document(document)
    took = time.perf_counter() - began
    assert compiled.plan is not None, compiled.faults[:3]
    return took
