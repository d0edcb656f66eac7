"""Doing several things at once in a workflow, each of them to its end whatever becomes of the others."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from workflows.graph_run.calls import StepFailure
from workflows.graph_run.mailbox import Halt


async def all_of(work: Iterable[Coroutine[Any, Any, None]]) -> list[BaseException]:
    """Does all of it side by side, and gives back what went wrong; what nobody expected first, then failures.

    Raises:
        asyncio.CancelledError: if the run stops; all of it has ended then.
    """
    ended = await asyncio.gather(*work, return_exceptions=True)
    return sorted((problem for problem in ended if isinstance(problem, BaseException)), key=_rank)


def _rank(problem: BaseException) -> int:
    return 2 if isinstance(problem, Halt) else 1 if isinstance(problem, StepFailure) else 0
