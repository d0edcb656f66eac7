"""`code_turn`: replays a model's Python with the answers it has had, up to a call that has none."""

from datetime import datetime
from typing import Any

from pydantic_monty import (
    AsyncFunctionSnapshot,
    AsyncFutureSnapshot,
    AsyncMontySession,
    AsyncNameLookupSnapshot,
    CollectString,
    MontyComplete,
)

from activities.nodes.code import as_json
from activities.sandbox import MAX_PRINTED_BYTES
from activities.step import Outcome, StepContext
from activities.text import clean_output, clean_text
from schemas.errors import ErrorCode, PerdureError
from schemas.nodes.code_turn import AnsweredCall, CodeCall, CodeTurn, CodeTurnConfig

_PRINTED_KEPT = 20_000

_Snapshot = AsyncFunctionSnapshot | AsyncNameLookupSnapshot | AsyncFutureSnapshot | MontyComplete


async def run(config: CodeTurnConfig, context: StepContext) -> Outcome:
    """Runs the code to its end, or to the first call that has no answer yet.

    Raises:
        PerdureError: `code_failed`, `code_limit` or `result_too_large`.
    """
    printed = CollectString(max_bytes=MAX_PRINTED_BYTES)
    now = datetime.fromisoformat(config.now)
    async with context.services.sandbox.session(
        {"sleep": "zero", "datetime": now, "random_start": {"seed": config.seed}},
        max_seconds=config.max_seconds,
        max_memory=config.max_memory_mb * 2**20,
    ) as session:
        turn = await _Replay(config).run(session, printed)
    turn = turn.model_copy(update={"printed": clean_text(printed.output)[:_PRINTED_KEPT]})
    return Outcome(output=turn.model_dump(mode="json"))


class _Replay:
    def __init__(self, config: CodeTurnConfig) -> None:
        self._config = config
        self._answered = iter(config.calls)

    async def run(self, session: AsyncMontySession, printed: CollectString) -> CodeTurn:
        at: _Snapshot = await session.feed_start(self._config.code, print_callback=printed)
        while not isinstance(at, MontyComplete):
            if isinstance(at, AsyncFunctionSnapshot) and not at.is_os_function:
                call = self._call(at)
                answer = next(self._answered, None)
                if answer is None:
                    return CodeTurn(status="calls", calls=(call,))
                at = await at.resume(_given(call, answer))
            elif isinstance(at, AsyncNameLookupSnapshot):
                at = await self._looked_up(at)
            else:
                at = await at.resume_auto()
        return CodeTurn(status="done", value=clean_output(at.output, convert=as_json))

    async def _looked_up(self, at: AsyncNameLookupSnapshot) -> _Snapshot:
        """Only names of tools mean anything beyond the language; what they are called with comes later."""
        return await at.resume_auto()

    def _call(self, at: AsyncFunctionSnapshot) -> CodeCall:
        name = str(at.function_name)
        parameters = self._config.tools.get(name)
        if parameters is None:
            raise PerdureError(
                ErrorCode.CODE_FAILED, f"The code calls {name[:100]!r}, which is no tool that it may use."
            )
        if len(at.args) > len(parameters):
            raise PerdureError(ErrorCode.CODE_FAILED, f"The code calls {name} with too many arguments.")
        arguments: dict[str, Any] = {**dict(zip(parameters, at.args, strict=False)), **at.kwargs}
        return CodeCall(name=name, arguments=clean_output(arguments, convert=as_json))


def _given(call: CodeCall, answer: AnsweredCall) -> Any:
    if (call.name, call.arguments) != (answer.name, answer.arguments):
        raise PerdureError(ErrorCode.CODE_FAILED, "The code did not call the same tools when it was run again.")
    if answer.error is not None:
        return {"exc_type": "RuntimeError", "message": answer.error}
    return {"return_value": answer.value}
