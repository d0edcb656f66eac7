"""Lines of a worker name run, step and attempt; failed attempts are told once."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import structlog
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.worker import Worker

from activities.failures import to_application_error
from engine.logging import configure_logging
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import StepInput
from workers.log_context import LogContextInterceptor, tame_sdk_loggers

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("worker", stream=stream)
    tame_sdk_loggers()
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@activity.defn(name="refuse")
async def refuse(step: StepInput) -> None:
    activity.logger.info("about to fail")
    try:
        if step.kind == "bug":
            raise KeyError("nobody expected this")
        raise PerdureError(ErrorCode.REJECTED, "No.")
    except Exception as error:
        raise to_application_error(error) from None


@workflow.defn(name="refused", sandboxed=False)
class Refused:
    @workflow.run
    async def run(self, step: StepInput) -> None:
        await workflow.execute_local_activity(
            refuse,
            step,
            start_to_close_timeout=timedelta(seconds=5),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )


async def run(temporal: Client, kind: str) -> str:
    step = StepInput(workspace_id="w1", run_id="r1", path="each[3].pay", kind=kind, name="Pay", config={})
    queue, identity = f"q-{uuid4()}", f"w-{uuid4()}"
    async with Worker(
        temporal, task_queue=queue, workflows=[Refused], activities=[refuse], interceptors=[LogContextInterceptor()]
    ):
        with pytest.raises(WorkflowFailureError):
            await temporal.execute_workflow("refused", step, id=identity, task_queue=queue)
    return identity


def about(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line.get("path")]


async def test_every_line_of_a_step_names_it(temporal: Client, lines: Lines) -> None:
    identity = await run(temporal, "pay")
    said, failed = about(lines())
    for line in (said, failed):
        assert (line["run_id"], line["path"], line["attempt"], line["activity"], line["workflow_id"]) == (
            "r1",
            "each[3].pay",
            1,
            "refuse",
            identity,
        )
    assert said["event"] == "about to fail"
    assert (failed["event"], failed["code"]) == ("attempt failed: rejected: No.", "rejected")
    assert "exception" not in failed
    assert not [line for line in lines() if line["event"] == "Completing activity as failed"]


async def test_a_fault_of_ours_comes_with_its_traceback(temporal: Client, lines: Lines) -> None:
    await run(temporal, "bug")
    told = [line for line in about(lines()) if "exception" in line]
    assert len(told) == 1
    assert "nobody expected this" in told[0]["exception"]
