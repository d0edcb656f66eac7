"""A worker for the plain Temporal code: `python -m bench.rivals.plain_worker ADDRESS [defaults|ours|quick_sticky]`."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvloop
from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, Worker

from bench.rivals.plain_workflow import QUEUE, WORKFLOWS, step
from cli.process.parent import follow_parent


def _settings(name: str) -> dict[str, Any]:
    """Arguments of the worker: those of the SDK, or the ones that Perdure's worker uses."""
    if name == "defaults":
        return {}
    sticky = {"sticky_queue_schedule_to_start_timeout": timedelta(seconds=1)}
    if name == "quick_sticky":
        return sticky
    polls = PollerBehaviorAutoscaling(minimum=2, maximum=20, initial=5)
    return sticky | {
        "max_cached_workflows": 5_000,
        "max_concurrent_workflow_tasks": 100,
        "max_concurrent_activities": 200,
        "max_concurrent_local_activities": 200,
        "workflow_task_poller_behavior": polls,
        "activity_task_poller_behavior": polls,
    }


async def main(address: str, settings: str, ready: Path) -> None:
    """Work until killed."""
    client = await Client.connect(address)
    worker = Worker(client, task_queue=QUEUE, workflows=WORKFLOWS, activities=[step], **_settings(settings))
    async with worker:
        ready.touch()
        await asyncio.Event().wait()


if __name__ == "__main__":
    follow_parent()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
