"""Runs untrusted Python: monty interpreters without host access, each in a process of its own."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic_monty import (
    AsyncMonty,
    AsyncMontySession,
    CollectString,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySyntaxError,
    OSPolicy,
    ResourceLimits,
)

from schemas.errors import ErrorCode, PerdureError

GRACE_SECONDS = 0.3
"""How long an interpreter may overrun its time before its process is killed and replaced."""
MAX_PRINTED_BYTES = 64 * 1024
SESSIONS_PER_PROCESS = 1
"""A process that has run one person's code never sees another's; a fresh one costs 4 ms."""
_MESSAGE_CHARS = 1_000


@dataclass(frozen=True)
class CodeResult:
    """What a piece of code gave back.

    Args:
        value: Value of its last expression; any Python value, possibly with shared or cyclic parts.
        printed: What it printed.
    """

    value: Any
    printed: str


class Sandbox:
    """A pool of interpreter processes, started at its first use.

    Args:
        max_processes: Interpreters alive at once; further code waits for one.
    """

    def __init__(self, max_processes: int | None = None) -> None:
        self._max_processes = max_processes or max(4, 2 * (os.cpu_count() or 1))
        self._pool: AsyncMonty | None = None
        self._starting = asyncio.Lock()

    async def run(self, code: str, inputs: dict[str, Any], *, max_seconds: float, max_memory: int) -> CodeResult:
        """Runs code with `inputs` as its variables.

        Args:
            code: Python; nothing of the host can be reached from it.
            inputs: JSON values by variable name.
            max_seconds: Longest run time.
            max_memory: Bytes.

        Raises:
            PerdureError: `code_failed` with the Python error and line, or `code_limit`.
        """
        printed = CollectString(max_bytes=MAX_PRINTED_BYTES)
        async with self.session({"sleep": "zero"}, max_seconds=max_seconds, max_memory=max_memory) as session:
            value = await session.feed_run(code, inputs=inputs, print_callback=printed)
        return CodeResult(value=value, printed=printed.output)

    @asynccontextmanager
    async def session(
        self, policy: OSPolicy, *, max_seconds: float, max_memory: int
    ) -> AsyncIterator[AsyncMontySession]:
        """A fresh interpreter; what fails inside is translated.

        Args:
            policy: What the code sees of clock and chance.
            max_seconds: Longest run time.
            max_memory: Bytes.

        Raises:
            PerdureError: `code_failed` with the Python error and line, or `code_limit`.
        """
        pool = await self._started()
        limits = ResourceLimits(max_feed_duration_secs=max_seconds, max_memory=max_memory)
        try:
            async with pool.checkout(limits=limits, os_policy=policy) as session:
                yield session
        except MontyError as error:
            raise _failure(error, max_seconds, max_memory) from None
        except ValueError as error:
            # Raised while a value crosses over, for instance an integer too long to be printed.
            raise PerdureError(ErrorCode.CODE_FAILED, f"The result cannot leave the code: {_short(error)}.") from None

    async def _started(self) -> AsyncMonty:
        async with self._starting:
            if self._pool is None:
                pool = AsyncMonty(
                    max_processes=self._max_processes,
                    max_checkouts_per_worker=SESSIONS_PER_PROCESS,
                    feed_duration_limit_grace=GRACE_SECONDS,
                )
                await pool.__aenter__()
                self._pool = pool
            return self._pool

    async def aclose(self) -> None:
        """Ends every interpreter process."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.__aexit__(None, None, None)


def _failure(error: MontyError, max_seconds: float, max_memory: int) -> PerdureError:
    if isinstance(error, MontyCrashedError):
        return _overtime(max_seconds) if error.timed_out else _crash()
    cause = error.exception()
    frames = error.traceback() if isinstance(error, MontyRuntimeError | MontySyntaxError) else []
    # Without a line the interpreter itself ran out of time; code that raises TimeoutError has one.
    if isinstance(cause, TimeoutError) and not frames:
        return _overtime(max_seconds)
    line = frames[-1].line if frames else None
    if isinstance(cause, MemoryError):
        return _over_memory(max_memory, line)
    if isinstance(cause, RecursionError):
        return PerdureError(ErrorCode.CODE_LIMIT, f"The code calls itself too often{_at(line)}.", details=_where(line))
    text = f"{type(cause).__name__}: {_short(cause)}" if str(cause) else type(cause).__name__
    details = {"type": type(cause).__name__, **_where(line)}
    return PerdureError(ErrorCode.CODE_FAILED, f"The code failed{_at(line)}: {text}", details=details)


def _overtime(max_seconds: float) -> PerdureError:
    return PerdureError(
        ErrorCode.CODE_LIMIT,
        f"The code did not end within {max_seconds:g} seconds.",
        details={"max_seconds": max_seconds},
    )


def _over_memory(max_memory: int, line: int | None) -> PerdureError:
    return PerdureError(
        ErrorCode.CODE_LIMIT,
        f"The code wants more than {max_memory // 2**20} MB of memory, or prints more than"
        f" {MAX_PRINTED_BYTES // 1024} kB{_at(line)}.",
        details={"max_memory": max_memory, **_where(line)},
    )


def _crash() -> PerdureError:
    return PerdureError(ErrorCode.INTERNAL, "The interpreter that ran the code ended unexpectedly.")


def _at(line: int | None) -> str:
    return "" if line is None else f" in line {line}"


def _where(line: int | None) -> dict[str, Any]:
    return {} if line is None else {"line": line}


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= _MESSAGE_CHARS else text[: _MESSAGE_CHARS - 1] + "…"
