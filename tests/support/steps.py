"""Runs one action step without a Temporal server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.egress import Egress, EgressSettings
from activities.registry import Emitter, silent_emitter, step_activities
from activities.sandbox import Sandbox
from activities.step import Services
from schemas.errors import ErrorInfo
from schemas.limits import LOG_SECONDS
from schemas.messages import StepInput, StepResult

WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def step_input(kind: str, config: dict[str, Any], **changes: Any) -> StepInput:
    return StepInput(
        workspace_id="w", run_id="00000000-0000-0000-0000-000000000001", path="n", kind=kind, name="n", config=config
    ).model_copy(update=changes)


@asynccontextmanager
async def services(*allow: str, llm: Any = None) -> AsyncIterator[Services]:
    """Real services; `allow` are destinations that steps may reach beside the public ones."""
    sandbox = Sandbox(max_processes=4)
    async with Egress(EgressSettings(allow=allow)) as egress:
        try:
            yield Services(egress=egress, llm=cast("Any", llm), webhook_secret=WEBHOOK_SECRET, sandbox=sandbox)
        finally:
            await sandbox.aclose()


def environment(*, attempt: int = 1, seconds: float = 30, heartbeat: float | None = None) -> ActivityEnvironment:
    env = ActivityEnvironment()
    env.info = replace(
        env.info,
        attempt=attempt,
        start_to_close_timeout=timedelta(seconds=seconds + LOG_SECONDS),
        heartbeat_timeout=None if heartbeat is None else timedelta(seconds=heartbeat),
    )
    return env


async def run_step(
    given: Services,
    step: StepInput,
    *,
    env: ActivityEnvironment | None = None,
    emitter: Emitter = silent_emitter,
) -> StepResult:
    """Runs the activity of the step's kind, as the worker would."""
    by_kind = {activity.__temporal_activity_definition.name: activity for activity in step_activities(given, emitter)}  # type: ignore[attr-defined]
    result: StepResult = await (env or environment()).run(by_kind[step.kind], step)
    return result


async def step_failure(given: Services, step: StepInput, **how: Any) -> ErrorInfo:
    """The error that a step fails with."""
    try:
        result = await run_step(given, step, **how)
    except ApplicationError as error:
        return ErrorInfo.model_validate(error.details[0])
    raise AssertionError(f"the step succeeded: {result}")
