"""A call that must not be made twice: recorded before it leaves, judged when its attempt fails."""

from typing import Any, Final, Protocol

import structlog

from schemas.errors import ErrorCode, PerdureError
from schemas.messages import StepInput
from schemas.unknown_outcomes import Lost, SentCall, UnansweredCall, outcome_unknown

GATEWAY_STATUSES: Final = frozenset({502, 504, 520, 524})
"""Answers of a server on the way that has none from the one behind it, which may have done what it was asked."""

_log = structlog.get_logger(__name__)


class CallRecord(Protocol):
    """Remembers calls that are under way, beyond the death of this process."""

    async def step_sending(self, step: StepInput, attempt: int, call: dict[str, Any]) -> SentCall:
        """A call is about to leave; returns when that is certain to be remembered.

        Raises:
            PerdureError: `cancelled` if the attempt was given up, `unavailable`; then it must not leave.
        """

    async def step_answered(self, step: StepInput, attempt: int) -> None:
        """What became of the call is known: it was not carried out, or it failed for certain."""


class NoCallRecord:
    """Remembers nothing."""

    async def step_sending(self, step: StepInput, attempt: int, call: dict[str, Any]) -> SentCall:
        """See `CallRecord`."""
        return SentCall(**call, attempt=attempt, at="")

    async def step_answered(self, step: StepInput, attempt: int) -> None:
        """See `CallRecord`."""


class Delivery:
    """One attempt's call, as far as it has come; the `Watch` of its request.

    Args:
        record: Where it is remembered.
        step: The step that makes it.
        attempt: Number of the attempt.
    """

    def __init__(self, record: CallRecord, step: StepInput, attempt: int) -> None:
        self._record = record
        self._step = step
        self._attempt = attempt
        self._call: SentCall | None = None
        self._status: int | None = None
        self._done = False
        self.key: str | None = None
        """Key under which the other side may know the call."""

    async def leaving(self, to: str) -> None:
        """See `Watch`. What only reads the result of a call that was carried out is no call of its own."""
        if not self._done:
            call = {"to": to, "idempotency_key": self.key}
            self._call = await self._record.step_sending(self._step, self._attempt, call)
            self._status = None

    def answered(self, status: int, *, done: bool) -> None:
        """See `Watch`."""
        if not self._done:
            self._status, self._done = status, done

    async def judge(self, error: Exception) -> PerdureError | None:
        """The error `outcome_unknown` if the attempt failed although its call may have been carried out."""
        if self._call is None:
            return None
        known = error if isinstance(error, PerdureError) else PerdureError(ErrorCode.INTERNAL, "")
        lost = self._lost(known)
        if lost is None:
            await self._settle()
            return None
        cause = known.info.message or f"Perdure itself failed here ({type(error).__name__})."
        return outcome_unknown(UnansweredCall(call=self._call, lost=lost, status=self._status, cause=cause))

    def _lost(self, error: PerdureError) -> Lost | None:
        """How the answer was lost; nothing if there is one, or if the call was not even well formed."""
        if self._done:
            # What will not be attempted again anyway may fail as what it is.
            return Lost.CUT if error.info.reaction.retryable else None
        if self._status is not None:
            return Lost.GATEWAY if self._status in GATEWAY_STATUSES else None
        if error.code is ErrorCode.INVALID_CONFIG:
            return None
        return Lost.TIMEOUT if error.code is ErrorCode.TIMEOUT else Lost.CONNECTION

    async def _settle(self) -> None:
        """Lets the next attempt send again. If that cannot be noted, a person is asked once too often."""
        try:
            await self._record.step_answered(self._step, self._attempt)
        except PerdureError as problem:
            _log.warning("an answered call was not noted", code=problem.code.value)
