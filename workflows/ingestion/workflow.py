"""The workflow `ingest_document`: read, cut into pieces, turn those that are new into vectors, portion by portion.

Every portion is committed; whatever dies in between, what has a vector is not paid for again.
"""

from datetime import timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from schemas.errors import ErrorCode
from schemas.knowledge import (
    INGEST_DOCUMENT,
    REMOVE_VECTORS,
    SEARCH_KNOWLEDGE,
    DocumentFailure,
    DocumentOrder,
    EmbeddedBatch,
    Extracted,
    Found,
    KnowledgeQuery,
    RemovalOrder,
)
from schemas.messages import RUNS_QUEUE
from workflows.builds import next_build

BATCHES_PER_HISTORY: Final = 500
PATIENCE: Final = timedelta(days=1)
"""How long a model or a server that is away is waited for."""

_RETRY: Final = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
_LONG: Final = timedelta(minutes=10)
_HEARTBEAT: Final = timedelta(seconds=15)
_NEXT_TURN: Final = 5.0
"""Seconds until a call is tried again that the rate of a key holds back, if nobody says how long that takes."""


@workflow.defn(name=INGEST_DOCUMENT)
class DocumentIngestion:
    """Takes one content of one document in."""

    @workflow.run
    async def run(self, order: DocumentOrder) -> None:
        """Do all that is left of it."""
        try:
            await self._work(order)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            await self._step("fail_document", _failure(order, error), None)

    async def _work(self, order: DocumentOrder) -> None:
        extracted: Extracted = await self._step("extract_document", order, Extracted)
        if extracted.outdated:
            return
        left, batches = extracted.missing, 0
        while left:
            batch: EmbeddedBatch = await self._step("embed_chunks", order, EmbeddedBatch)
            left, batches = batch.left, batches + 1
            if left and batches == BATCHES_PER_HISTORY:
                workflow.continue_as_new(order, initial_versioning_behavior=next_build())
        await self._step("finish_document", order, None)

    async def _step(self, name: str, order: DocumentOrder, result: type | None) -> Any:
        while True:
            try:
                return await workflow.execute_activity(
                    name,
                    order,
                    result_type=result,
                    task_queue=RUNS_QUEUE,
                    schedule_to_close_timeout=PATIENCE,
                    start_to_close_timeout=_LONG,
                    heartbeat_timeout=_HEARTBEAT if name != "fail_document" else None,
                    retry_policy=_RETRY,
                )
            except ActivityError as error:
                wait = _turn_in(error)
                if wait is None:
                    raise
            await workflow.sleep(wait)


def _turn_in(error: ActivityError) -> float | None:
    """Seconds until it is the turn of a call that the rate of a key holds back; None if something else went wrong."""
    cause = error.cause
    if not isinstance(cause, ApplicationError) or cause.type != ErrorCode.THROTTLED:
        return None
    info = cause.details[0] if cause.details else None
    wait = info.get("details", {}).get("retry_after") if isinstance(info, dict) else None
    return float(wait) if isinstance(wait, int | float) else _NEXT_TURN


def _failure(order: DocumentOrder, error: ActivityError) -> DocumentFailure:
    cause = error.cause
    code, message = ErrorCode.TIMEOUT.value, "It took too long."
    if isinstance(cause, ApplicationError):
        code, message = cause.type or ErrorCode.INTERNAL.value, cause.message
    return DocumentFailure(**order.model_dump(), code=code, message=message)


@workflow.defn(name=SEARCH_KNOWLEDGE)
class KnowledgeSearch:
    """One search, for the API; tried twice, for a person waits."""

    @workflow.run
    async def run(self, query: KnowledgeQuery) -> Found:
        """Search."""
        found: Found = await workflow.execute_activity(
            SEARCH_KNOWLEDGE,
            query,
            result_type=Found,
            task_queue=RUNS_QUEUE,
            start_to_close_timeout=timedelta(seconds=25),
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_attempts=2),
        )
        return found


@workflow.defn(name=REMOVE_VECTORS)
class VectorRemoval:
    """Clears the index of what is deleted; a server that is away is waited for."""

    @workflow.run
    async def run(self, order: RemovalOrder) -> None:
        """Clear it."""
        await workflow.execute_activity(
            REMOVE_VECTORS,
            order,
            task_queue=RUNS_QUEUE,
            schedule_to_close_timeout=PATIENCE,
            start_to_close_timeout=_LONG,
            heartbeat_timeout=_HEARTBEAT,
            retry_policy=_RETRY,
        )
