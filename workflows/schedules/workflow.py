"""The workflow `scheduled_start`: starts the run of one time, and lasts as long as it where overlaps matter."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.common import SearchAttributeKey

from schemas.messages import RUNS_QUEUE
from schemas.schedules import SCHEDULED_START, RunEnded, ScheduledRun, ScheduledStartOrder, StartScheduledRun
from workflows.activity_tries import ALWAYS

SCHEDULED_FOR: Final = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")

ATTEMPT_TIMEOUT: Final = timedelta(seconds=30)


@workflow.defn(name=SCHEDULED_START)
class ScheduledStart:
    """One start of a schedule. However often it is tried, the time has one run."""

    def __init__(self) -> None:
        self._ended = False

    @workflow.signal
    def run_ended(self, told: RunEnded) -> None:
        """The run has ended."""
        self._ended = True

    @workflow.run
    async def run(self, order: ScheduledStartOrder) -> None:
        """Start the run, and wait for its end if need be."""
        info = workflow.info()
        at: datetime = info.typed_search_attributes.get(SCHEDULED_FOR) or info.start_time
        wanted = StartScheduledRun(
            workspace_id=order.workspace_id,
            schedule_id=order.schedule_id,
            scheduled_at=at.astimezone(UTC).isoformat(),
            waiter=info.workflow_id,
        )
        started: ScheduledRun = await _do("start_scheduled_run", wanted, result_type=ScheduledRun)
        if started.run_id is None or not started.waits:
            return
        try:
            await workflow.wait_condition(lambda: self._ended)
        except asyncio.CancelledError:
            # The next one must not begin before this run has really ended.
            await _do("cancel_scheduled_run", RunEnded(workspace_id=order.workspace_id, run_id=started.run_id))
            await workflow.wait_condition(lambda: self._ended)


async def _do(activity: str, argument: Any, **more: Any) -> Any:
    return await workflow.execute_activity(
        activity,
        argument,
        task_queue=RUNS_QUEUE,
        start_to_close_timeout=ATTEMPT_TIMEOUT,
        retry_policy=ALWAYS,
        **more,
    )
