"""Temporal workers of one process: one per task queue."""

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import Any, Final
from uuid import uuid4

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Interceptor, PollerBehaviorAutoscaling, Worker, WorkerDeploymentConfig

from schemas.messages import RUNS_QUEUE
from workers.sandbox import workflow_runner
from workers.settings import WorkerSettings

STICKY_TIMEOUT: Final = timedelta(seconds=1)
"""How long a run waits for a worker that has died before another one takes over; it dominates recovery (measured)."""

BUILD_ID: Final = f"perdure-{version('perdure')}"
"""Shown by Temporal. Left out, the SDK would hash the source of every module at start-up, which takes seconds."""

HEARTBEAT_THROTTLE: Final = timedelta(seconds=2)
"""Cancellation reaches a step with the answer to a heartbeat, so heartbeats must not be held back for long."""


@dataclass(frozen=True)
class WorkerParts:
    """What the workers of a process execute."""

    workflows: Sequence[type]
    step_activities: Sequence[Callable[..., Any]]
    interpreter_activities: Sequence[Callable[..., Any]]
    interceptors: Sequence[Interceptor]


def process_identity() -> str:
    """Name of this process among the pollers; unlike any other, even in containers where every pid is 1."""
    return f"{os.getpid()}@{socket.gethostname()}#{uuid4().hex[:8]}"


def build_workers(client: Client, settings: WorkerSettings, parts: WorkerParts, identity: str) -> list[Worker]:
    """One worker per queue: `runs` executes workflows and what runs beside them, every other queue steps."""
    return [
        _runs_worker(client, settings, parts, identity)
        if queue == RUNS_QUEUE
        else _steps_worker(client, settings, parts, identity, queue)
        for queue in settings.queues
    ]


def _runs_worker(client: Client, settings: WorkerSettings, parts: WorkerParts, identity: str) -> Worker:
    return Worker(
        client,
        task_queue=RUNS_QUEUE,
        identity=identity,
        **_build(settings),
        workflows=parts.workflows,
        activities=[*parts.step_activities, *parts.interpreter_activities],
        interceptors=parts.interceptors,
        workflow_runner=workflow_runner(sandbox=settings.sandbox),
        max_cached_workflows=settings.max_cached_runs,
        max_concurrent_workflow_tasks=settings.max_workflow_tasks,
        max_concurrent_local_activities=settings.max_local_steps,
        max_concurrent_activities=settings.max_steps,
        workflow_task_poller_behavior=_polling(settings),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(minimum=1, maximum=settings.max_polls, initial=1),
        sticky_queue_schedule_to_start_timeout=STICKY_TIMEOUT,
        graceful_shutdown_timeout=timedelta(seconds=settings.drain_seconds),
    )


def _steps_worker(client: Client, settings: WorkerSettings, parts: WorkerParts, identity: str, queue: str) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        identity=identity,
        **_build(settings),
        activities=parts.step_activities,
        interceptors=parts.interceptors,
        max_concurrent_activities=settings.max_steps,
        activity_task_poller_behavior=_polling(settings),
        max_heartbeat_throttle_interval=HEARTBEAT_THROTTLE,
        default_heartbeat_throttle_interval=HEARTBEAT_THROTTLE,
        graceful_shutdown_timeout=timedelta(seconds=settings.drain_seconds),
    )


def _build(settings: WorkerSettings) -> dict[str, Any]:
    """How the code is known to Temporal; a run stays with its build only if the build was named."""
    if settings.build_id is None:
        return {"build_id": BUILD_ID}
    deployment = WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.deployment, settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )
    return {"deployment_config": deployment}


def _polling(settings: WorkerSettings) -> PollerBehaviorAutoscaling:
    most = max(2, settings.max_polls)
    return PollerBehaviorAutoscaling(minimum=2, maximum=most, initial=min(5, most))
