"""The workflows `privacy_job` and `retention_round`. All that counts stands in the database."""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy

from schemas.messages import RUNS_QUEUE
from schemas.privacy import PRIVACY_JOB, RETENTION_ROUND, PrivacyOrder, PrivacyProgress
from workflows.activity_tries import PAGE_HEARTBEAT

PAGES_PER_HISTORY: Final = 500
"""Pages after which a job goes on in a fresh history."""

PAGE_TIMEOUT: Final = timedelta(minutes=5)

_RETRY: Final = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=30))


@workflow.defn(name=PRIVACY_JOB)
class PrivacyJob:
    """Carries out one job page by page. A page that is repeated does nothing twice."""

    @workflow.run
    async def run(self, order: PrivacyOrder) -> None:
        """Works until the row says that the job has ended."""
        for _ in range(PAGES_PER_HISTORY):
            progress = await workflow.execute_activity(
                "privacy_page",
                order,
                result_type=PrivacyProgress,
                task_queue=RUNS_QUEUE,
                start_to_close_timeout=PAGE_TIMEOUT,
                heartbeat_timeout=PAGE_HEARTBEAT,
                retry_policy=_RETRY,
            )
            if progress.finished:
                return
            if progress.pause_seconds > 0:
                await workflow.sleep(progress.pause_seconds)
        workflow.continue_as_new(order)


@workflow.defn(name=RETENTION_ROUND)
class RetentionRound:
    """Begins the retention of every workspace that has rules; Temporal's schedule starts it once a day."""

    @workflow.run
    async def run(self) -> None:
        """Writes down the jobs."""
        await workflow.execute_activity(
            "queue_retention",
            task_queue=RUNS_QUEUE,
            start_to_close_timeout=PAGE_TIMEOUT,
            retry_policy=_RETRY,
        )
