"""Whether anybody polls a task queue, as Temporal knows it; remembered for a few seconds."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final
from weakref import WeakKeyDictionary

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

REMEMBERED: Final = 5.0
"""Seconds."""

ALIVE: Final = timedelta(seconds=90)
"""A worker asks for work once a minute at least; one that has not for so long is gone. Temporal lists it for longer."""

WORKFLOWS: Final = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
ACTIVITIES: Final = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY


class TaskQueues:
    """The pollers of task queues."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[tuple[str, int], tuple[float, bool]] = {}

    async def is_polled(self, queue: str, kind: "TaskQueueType.ValueType", rpc_timeout: timedelta) -> bool:
        """Whether a worker asks for tasks of a queue.

        Raises:
            RPCError, RuntimeError: Temporal does not answer.
        """
        known = self._known.get((queue, kind))
        if known is not None and time.monotonic() - known[0] < REMEMBERED:
            return known[1]
        request = DescribeTaskQueueRequest(
            namespace=self._client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
        )
        answer = await self._client.workflow_service.describe_task_queue(request, timeout=rpc_timeout)
        oldest = datetime.now(UTC) - ALIVE
        polled = any(poller.last_access_time.ToDatetime(UTC) > oldest for poller in answer.pollers)
        self._known[queue, kind] = time.monotonic(), polled
        return polled


_QUEUES: Final["WeakKeyDictionary[Client, TaskQueues]"] = WeakKeyDictionary()


def task_queues(client: Client) -> TaskQueues:
    """The task queues that a client sees."""
    return _QUEUES.setdefault(client, TaskQueues(client))
