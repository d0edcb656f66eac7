"""What Temporal adds to why a run waits: retries, workers that are missing or busy, its own absence."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import PendingActivityState, PendingWorkflowTaskState
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from api.runs.waits.models import Wait, WaitKind, wait
from api.runs.waits.reasons import when
from db.tables import Run
from engine.client import workflow_id
from engine.task_queues import ACTIVITIES, WORKFLOWS, task_queues
from schemas.messages import RUNS_QUEUE

logger = logging.getLogger(__name__)

PATIENCE: Final = 0.9
"""Seconds for all questions together."""

_RPC_TIMEOUT: Final = timedelta(seconds=PATIENCE)

ASKED_ABOUT: Final = frozenset({WaitKind.START, WaitKind.WORKER, WaitKind.STEP, WaitKind.LIMIT, WaitKind.RETRY})
"""Of anything else the database knows all there is to know."""

_AT_ONCE: Final = timedelta(seconds=1)
"""A task that waits for a shorter time is nothing to tell of."""


async def ask_temporal(client: Client, run: Run, known: Wait) -> Wait:
    """Why a run waits, with what Temporal knows; what the database knows if it does not answer in time.

    Args:
        client: Client of Temporal.
        run: An unfinished run.
        known: What the database knows.
    """
    if known.kind not in ASKED_ABOUT or (known.until is not None and known.until > datetime.now(UTC)):
        return known
    try:
        async with asyncio.timeout(PATIENCE):
            return await _ask(client, run, known)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return known
        return _unreachable(known)
    except (TimeoutError, RuntimeError):  # RuntimeError: the client could not connect
        return _unreachable(known)
    except Exception:
        logger.exception("why run %s waits is not known", run.id)
        return known


def _unreachable(known: Wait) -> Wait:
    sentence = "Temporal cannot be reached at the moment; the run goes on by itself as soon as it can."
    return wait(WaitKind.ENGINE, sentence, node=known.node, since=known.since, others=known.others)


async def _ask(client: Client, run: Run, known: Wait) -> Wait:
    handle = client.get_workflow_handle(workflow_id(str(run.id), run.attempt))
    seen = (await handle.describe(rpc_timeout=_RPC_TIMEOUT)).raw_description
    if seen.HasField("pending_workflow_task"):
        found = await _workflow_task(client, seen.pending_workflow_task, known)
        if found is not None:
            return found
    scheduled = [one for one in seen.pending_activities if one.state == _SCHEDULED]
    if len(scheduled) == len(seen.pending_activities):  # otherwise something of it is being executed
        for activity in scheduled:
            if (found := await _activity(client, activity, known)) is not None:
                return found
    return known


_SCHEDULED: Final = PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
_TASK_SCHEDULED: Final = PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED


async def _workflow_task(client: Client, task: Any, known: Wait) -> Wait | None:
    since = _moment(task.original_scheduled_time)
    if task.attempt > 1:
        sentence = (
            f"Workers have tried {task.attempt - 1} times since {when(since)} to go on with it, and could not; they "
            "keep trying. Their logs say why."
        )
        return wait(WaitKind.ENGINE, sentence, since=since, attempt=task.attempt, queue=RUNS_QUEUE)
    if task.state != _TASK_SCHEDULED:
        return None
    if not await task_queues(client).is_polled(RUNS_QUEUE, WORKFLOWS, _RPC_TIMEOUT):
        return _nobody(RUNS_QUEUE, "It", since, known)
    return _busy(RUNS_QUEUE, "It", since, known)


async def _activity(client: Client, activity: Any, known: Wait) -> Wait | None:
    if activity.HasField("next_attempt_schedule_time") and _moment(activity.next_attempt_schedule_time) > _now():
        return _retry(activity, known)
    queue, since = activity.activity_options.task_queue.name, _moment(activity.scheduled_time)
    who = f"A step of the kind {activity.activity_type.name}"
    if queue and not await task_queues(client).is_polled(queue, ACTIVITIES, _RPC_TIMEOUT):
        return _nobody(queue, who, since, known)
    return _busy(queue, who, since, known)


def _retry(activity: Any, known: Wait) -> Wait:
    at, kind = _moment(activity.next_attempt_schedule_time), activity.activity_type.name
    sentence = f"Attempt {activity.attempt} of a step of the kind {kind} follows at {when(at)}."
    return wait(WaitKind.RETRY, sentence, node=known.node, until=at, attempt=activity.attempt, others=known.others)


def _nobody(queue: str, who: str, since: datetime, known: Wait) -> Wait:
    sentence = f"{who} waits since {when(since)} for a worker: none polls the queue {queue!r}."
    return wait(WaitKind.WORKER, sentence, since=since, queue=queue, others=known.others)


def _busy(queue: str, who: str, since: datetime, known: Wait) -> Wait | None:
    if _now() - since < _AT_ONCE:
        return None
    sentence = f"{who} waits since {when(since)} until a worker of the queue {queue!r} is free."
    return wait(WaitKind.WORKER, sentence, since=since, queue=queue, others=known.others)


def _moment(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(UTC)


def _now() -> datetime:
    return datetime.now(UTC)
