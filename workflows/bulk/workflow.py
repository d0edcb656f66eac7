"""The workflow `bulk_job`: page after page until nothing is left. All that counts stands in the database."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy

from schemas.bulk import BULK_JOB, BulkInput, BulkProgress
from schemas.messages import RUNS_QUEUE
from workflows.activity_tries import PAGE_HEARTBEAT
from workflows.builds import next_build

PAGES_PER_HISTORY: Final = 500
"""Pages after which the job goes on in a fresh history."""

PAGE_TIMEOUT: Final = timedelta(minutes=5)

_RETRY: Final = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=10))


@workflow.defn(name=BULK_JOB)
class BulkJob:
    """Carries out one bulk job. A page that is repeated, or carried out twice at once, does nothing twice."""

    def __init__(self) -> None:
        self._woken = False

    @workflow.signal
    def look(self) -> None:
        """Something has changed in the row of the job: look at it now instead of after the pause."""
        self._woken = True

    @workflow.run
    async def run(self, job: BulkInput) -> None:
        """Works until the row says that the job has ended."""
        for _ in range(PAGES_PER_HISTORY):
            progress = await workflow.execute_activity(
                "bulk_page",
                job,
                result_type=BulkProgress,
                task_queue=RUNS_QUEUE,
                start_to_close_timeout=PAGE_TIMEOUT,
                heartbeat_timeout=PAGE_HEARTBEAT,
                retry_policy=_RETRY,
            )
            if progress.finished:
                return
            await self._pause(progress.pause_seconds)
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(job, initial_versioning_behavior=next_build())

    async def _pause(self, seconds: float) -> None:
        if seconds > 0:
            with suppress(asyncio.TimeoutError):
                await workflow.wait_condition(lambda: self._woken, timeout=timedelta(seconds=seconds))
        self._woken = False
