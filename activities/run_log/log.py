"""What happens to steps and runs, written to the run log."""

from typing import Any, Final
from uuid import UUID

import asyncpg

from activities.run_log.statements import Statements, entries_or_null, json_or_none, json_or_null
from db.faults import start_is_unknown
from db.notify import Notifier
from db.session import Database
from db.snapshots import pack_snapshot
from schemas.errors import ErrorInfo
from schemas.messages import StepInput, StepResult
from schemas.service_calls import CloseRun, WriteLog
from schemas.unknown_outcomes import FindCall, Lost, SentCall, UnansweredCall, outcome_unknown

_STEP: Final = ("uuid", "uuid", "integer", "text", "integer")
"""Workspace, run, attempt of the run, path, iteration."""

_STARTED: Final = (*_STEP, "integer", "text", "text", "jsonb", "boolean", "jsonb")
_COMPLETED: Final = (
    *(*_STEP, "integer", "text", "text", "jsonb", "text"),
    *("double precision", "bigint", "bigint", "jsonb", "text"),
)
_RETRYING: Final = "SELECT run_log_step_retrying($1, $2, $3, $4, $5, $6, $7, $8)"
_SENDING: Final = "SELECT run_log_step_sending($1, $2, $3, $4, $5, $6, $7)"
_ANSWERED: Final = "SELECT run_log_step_answered($1, $2, $3, $4, $5, $6)"
_FIND_CALL: Final = "SELECT run_log_find_call($1, $2, $3, $4, $5)"
_SPENT: Final = "SELECT run_log_step_spent($1, $2, $3, $4, $5)"
_DELTA: Final = "SELECT run_log_step_delta($1, $2, $3, $4, $5, $6, $7)"
_WRITE: Final = "SELECT run_log_write($1, $2, $3, $4, $5, $6)"
_CLOSE: Final = "SELECT run_log_close($1, $2, $3, $4, $5, $6, $7, $8, $9)"

CALL_PATIENCE: Final = 3.0
"""Seconds for which a call waits for the database before it leaves."""


class RunLog:
    """Writes the run log of one process. Every method is one statement; starts and ends of steps share transactions.

    All raise `PerdureError`: `unavailable` if the database is away for longer than `patience` seconds,
    `invalid_text` for text it cannot hold, `not_found` for an unknown run.
    """

    def __init__(self, database: Database) -> None:
        self._statements = Statements(database)
        self._started = self._statements.batched("run_log_step_started", *_STARTED)
        self._completed = self._statements.batched("run_log_step_completed", *_COMPLETED)
        self._notifier: Notifier = database.notifier

    async def step_started(self, step: StepInput, attempt: int, *, patience: float = 0.0) -> StepResult | None:
        """An attempt begins; stores the entries that ride along.

        Returns:
            The recorded result if the step is completed already: it must not be executed again.

        Raises:
            PerdureError: `cancelled` if the run has ended or a later attempt of it has begun; `outcome_unknown` if an
                attempt before this one has sent what must not be sent twice, and nobody knows what became of it.
        """
        recorded = await self._statements.call(
            self._started,
            *_where(step),
            attempt,
            step.kind,
            step.name,
            json_or_null(step.config),
            # What undoes a step is done again when a retried run fails again.
            step.compensates is None,
            entries_or_null(step.log),
            patience=patience,
        )
        self._notifier.announce(step.run_id)
        found: dict[str, Any] | None = json_or_none(recorded)
        if found is not None and "sent" in found:
            raise outcome_unknown(UnansweredCall(call=SentCall.model_validate(found["sent"]), lost=Lost.WORKER))
        return _result(step, found)

    async def step_sending(self, step: StepInput, attempt: int, call: dict[str, Any]) -> SentCall:
        """See `activities.delivery.CallRecord`."""
        arguments = (*_where(step), attempt, json_or_null(call))
        try:
            sent = await self._statements.call(_SENDING, *arguments, patience=CALL_PATIENCE)
        except asyncpg.PostgresError as error:
            if not start_is_unknown(error):
                raise
            await self.step_started(step, attempt, patience=CALL_PATIENCE)
            sent = await self._statements.call(_SENDING, *arguments, patience=CALL_PATIENCE)
        return SentCall.model_validate(json_or_none(sent))

    async def step_answered(self, step: StepInput, attempt: int) -> None:
        """See `activities.delivery.CallRecord`."""
        await self._statements.call(_ANSWERED, *_where(step), attempt, patience=CALL_PATIENCE)

    async def find_call(self, asked: FindCall) -> SentCall | None:
        """Gives a step up whose worker is silent; gives what it had sent without recording an answer."""
        where = UUID(asked.workspace_id), UUID(asked.run_id), asked.run_attempt, asked.path, asked.iteration
        sent = json_or_none(await self._statements.call(_FIND_CALL, *where))
        return None if sent is None else SentCall.model_validate(sent)

    async def step_completed(
        self, step: StepInput, attempt: int, result: StepResult, *, patience: float = 0.0
    ) -> StepResult:
        """An attempt has succeeded.

        Returns:
            The result that stands: this one, or the one that another attempt has recorded before.
        """
        arguments = (
            *_where(step),
            attempt,
            step.kind,
            step.name,
            json_or_null(result.output),
            result.port,
            result.cost_usd,
            result.tokens_in,
            result.tokens_out,
            json_or_null(result.details or None),
            step.compensates,
        )
        try:
            recorded = await self._statements.call(self._completed, *arguments, patience=patience)
        except asyncpg.PostgresError as error:
            if not start_is_unknown(error):
                raise
            await self.step_started(step, attempt, patience=patience)
            recorded = await self._statements.call(self._completed, *arguments, patience=patience)
        self._notifier.announce(step.run_id)
        return _result(step, json_or_none(recorded)) or result

    async def step_retrying(self, step: StepInput, attempt: int, error: ErrorInfo, pause: float | None) -> None:
        """An attempt has failed and another one will follow after a pause of so many seconds."""
        told = json_or_null(error.model_dump(mode="json"))
        await self._statements.call(_RETRYING, *_where(step), attempt, told, pause)
        self._notifier.announce(step.run_id)

    async def step_spent(self, step: StepInput, cost_usd: float, tokens_in: int, tokens_out: int) -> None:
        """A failed attempt has taken tokens and money."""
        where = UUID(step.workspace_id), UUID(step.run_id)
        await self._statements.call(_SPENT, *where, cost_usd, tokens_in, tokens_out)

    async def step_delta(self, step: StepInput, attempt: int, text: str) -> None:
        """A running attempt has streamed a piece of text."""
        await self._statements.call(_DELTA, *_where(step), attempt, text)
        self._notifier.announce(step.run_id)

    async def write(self, message: WriteLog) -> None:
        """Stores entries and a change of the run's status; creates the row of a child run."""
        await self._statements.call(
            _WRITE,
            *_run(message),
            entries_or_null(message.entries),
            message.status,
            json_or_null(message.child.model_dump(mode="json") if message.child else None),
        )
        self._notifier.announce(message.run_id)

    async def close(self, message: CloseRun) -> bool:
        """Ends the run; false if it had ended already."""
        closed: bool = await self._statements.call(
            _CLOSE,
            *_run(message),
            message.status,
            json_or_null(message.output),
            json_or_null(message.error.model_dump(mode="json") if message.error else None),
            pack_snapshot(message.snapshot) if message.snapshot is not None else None,
            entries_or_null(message.entries),
            json_or_null(message.child.model_dump(mode="json") if message.child else None),
        )
        self._notifier.announce(message.run_id)
        return closed


def _run(message: WriteLog | CloseRun) -> tuple[UUID, UUID, int]:
    return UUID(message.workspace_id), UUID(message.run_id), message.run_attempt


def _where(step: StepInput) -> tuple[UUID, UUID, int, str, int]:
    return UUID(step.workspace_id), UUID(step.run_id), step.run_attempt, step.path, step.iteration


def _result(step: StepInput, found: dict[str, Any] | None) -> StepResult | None:
    return None if found is None else StepResult(workspace_id=step.workspace_id, **found)
