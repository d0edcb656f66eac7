"""Sends calls of one function together when they come faster than the database answers.

A call that finds the database idle is sent alone and at once. While it is under way others gather, and the next
transaction takes them all: one round trip and one flush of the log for many steps, of many runs or of one wide one.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from db.faults import is_outage

SLOTS: Final = 2
"""Transactions under way at once."""

MAX_CALLS: Final = 64
MAX_CHARS: Final = 500_000
"""Text in one transaction; a single larger call goes alone."""

Arguments = tuple[Any, ...]
Fetch = Callable[..., Awaitable[list[Any]]]
"""Runs a statement and gives the first column of its rows."""


class _Call(NamedTuple):
    arguments: Arguments
    answer: asyncio.Future[Any]


class BatchedFunction:
    """A function of the database whose second argument is the id of a run.

    Args:
        name: Name of the function.
        types: PostgreSQL types of its arguments.
        fetch: Runs a statement.
    """

    def __init__(self, name: str, types: tuple[str, ...], fetch: Fetch) -> None:
        places = range(1, len(types) + 1)
        self._one = f"SELECT {name}({', '.join(f'${place}' for place in places)})"
        columns = ", ".join(f"${place}::{kind}[]" for place, kind in zip(places, types, strict=True))
        names = ", ".join(f"a{place}" for place in places)
        self._many = f"SELECT {name}({names}) FROM unnest({columns}) AS calls({names})"  # noqa: S608 - our own names
        self._fetch = fetch
        self._waiting: deque[_Call] = deque()
        self._workers: set[asyncio.Task[None]] = set()

    async def call(self, *arguments: Any) -> Any:
        """The answer of the function to these arguments, or its error."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Call(arguments, answer))
        if len(self._workers) < SLOTS:
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return await answer

    async def _work(self) -> None:
        while calls := self._take():
            if len(calls) == 1:
                await self._send_one(calls[0])
            else:
                await self._send_many(calls)

    def _take(self) -> list[_Call]:
        taken: list[_Call] = []
        chars = 0
        while self._waiting and len(taken) < MAX_CALLS:
            chars += _chars(self._waiting[0].arguments)
            if taken and chars > MAX_CHARS:
                break
            taken.append(self._waiting.popleft())
        return taken

    async def _send_one(self, call: _Call) -> None:
        try:
            (value,) = await self._fetch(self._one, *call.arguments)
        except Exception as error:
            _fail(call, error)
        else:
            _answer(call, value)

    async def _send_many(self, calls: list[_Call]) -> None:
        # Every transaction locks its runs in the same order, so no two wait for each other.
        calls = sorted(calls, key=lambda call: str(call.arguments[1]))
        columns = zip(*(call.arguments for call in calls), strict=True)
        try:
            values = await self._fetch(self._many, *map(list, columns))
        except Exception as error:
            await self._send_apart(calls, error)
            return
        for call, value in zip(calls, values, strict=True):
            _answer(call, value)

    async def _send_apart(self, calls: list[_Call], error: Exception) -> None:
        """One call has spoiled the transaction of all; which one shows when each is alone."""
        for call in calls:
            if is_outage(error):
                _fail(call, error)
            else:
                await self._send_one(call)


def _chars(arguments: Arguments) -> int:
    return sum(len(argument) for argument in arguments if isinstance(argument, str))


def _answer(call: _Call, value: Any) -> None:
    if not call.answer.done():
        call.answer.set_result(value)


def _fail(call: _Call, error: Exception) -> None:
    if not call.answer.done():
        call.answer.set_exception(error)
