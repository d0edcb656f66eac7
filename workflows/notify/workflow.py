"""The workflow `deliver_message`, for people and programs: tries for three days, then writes down that it could not."""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from schemas.messages import RUNS_QUEUE
from schemas.notifications import DELIVER, DeliverMessage, Undelivered
from workflows.activity_tries import ALWAYS, HEARTBEAT

PATIENCE: Final = timedelta(days=3)
"""After it a message is no use any more."""

ATTEMPT_TIMEOUT: Final = timedelta(minutes=3)

_RETRY: Final = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(hours=1))


@workflow.defn(name=DELIVER)
class MessageDelivery:
    """Delivers one message; whether that is still to be done stands in its row."""

    @workflow.run
    async def run(self, order: DeliverMessage) -> None:
        """Send it, or give it up."""
        try:
            await workflow.execute_activity(
                f"send_{order.kind}",
                order,
                task_queue=RUNS_QUEUE,
                schedule_to_close_timeout=PATIENCE,
                start_to_close_timeout=ATTEMPT_TIMEOUT,
                heartbeat_timeout=HEARTBEAT,
                retry_policy=_RETRY,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            await self._give_up(order, _reason(error))

    async def _give_up(self, order: DeliverMessage, reason: str) -> None:
        await workflow.execute_activity(
            f"give_up_{order.kind}",
            Undelivered(workspace_id=order.workspace_id, message_id=order.message_id, reason=reason),
            task_queue=RUNS_QUEUE,
            start_to_close_timeout=ATTEMPT_TIMEOUT,
            retry_policy=ALWAYS,
        )


def _reason(error: ActivityError) -> str:
    cause = error.cause
    return cause.message if isinstance(cause, ApplicationError) else "It could not be delivered in time."
