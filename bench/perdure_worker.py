"""Perdure's own worker, which also knows the kinds of the benchmarks; configured by the environment as always."""

import asyncio
import os

import uvloop

from bench import kinds
from bench.profiler import Profiler
from cli.process.parent import follow_parent

PROFILE_KEY = "PERDURE_BENCH_PROFILE"
"""Environment variable: file for a profile of the worker."""


async def main() -> None:
    """Work until told to end."""
    kinds.install()
    from workers.main import run_worker  # after the kinds are known

    report = os.environ.get(PROFILE_KEY)
    if not report:
        await run_worker()
        return
    with Profiler(report):
        await run_worker()


if __name__ == "__main__":
    follow_parent()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
