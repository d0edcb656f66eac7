"""Workflows about connections: one thing that a person waits for, and taking access back after a deletion."""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from schemas.connections.messages import (
    CONNECTION_REVOCATION,
    CONNECTION_TASK,
    ConnectionTask,
    RevokeConnection,
    TaskDone,
)
from workflows.activity_tries import ALWAYS, HEARTBEAT

PATIENCE: Final = timedelta(days=1)
"""After it a provider is not told any more that an access has ended; the tokens are forgotten all the same."""

ATTEMPT_TIMEOUT: Final = timedelta(minutes=1)

_RETRY: Final = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=30))


@workflow.defn(name=CONNECTION_TASK)
class ConnectionWork:
    """Not tried again, for a person waits; and codes of sign-ins count once."""

    @workflow.run
    async def run(self, task: ConnectionTask) -> TaskDone:
        """Do it."""
        done: TaskDone = await workflow.execute_activity(
            task.activity,
            task.order,
            result_type=TaskDone,
            start_to_close_timeout=timedelta(seconds=40),
            heartbeat_timeout=HEARTBEAT,
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
        return done


@workflow.defn(name=CONNECTION_REVOCATION)
class ConnectionRevocation:
    """Tells the provider, for a day if need be, and then forgets the tokens; people hear of it if that was in vain."""

    @workflow.run
    async def run(self, order: RevokeConnection) -> None:
        """Revoke, then delete."""
        try:
            await workflow.execute_activity(
                "revoke_connection",
                order,
                schedule_to_close_timeout=PATIENCE,
                start_to_close_timeout=ATTEMPT_TIMEOUT,
                heartbeat_timeout=HEARTBEAT,
                retry_policy=_RETRY,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            order = order.model_copy(update={"problem": _problem(error)})
        await workflow.execute_activity(
            "forget_connection", order, start_to_close_timeout=ATTEMPT_TIMEOUT, retry_policy=ALWAYS
        )


def _problem(error: ActivityError) -> str:
    """Why the last attempt failed; what Temporal says when time is over carries it as its cause."""
    cause = error.cause
    while cause is not None and not isinstance(cause, ApplicationError):
        cause = cause.__cause__
    return "The provider did not answer in time." if cause is None else cause.message
