"""The step runner: turns every action kind into one Temporal activity of its name."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from pydantic import ValidationError
from temporalio import activity

from activities.failures import to_application_error
from activities.heartbeat import heartbeats
from activities.nodes import Behaviour, behaviours
from activities.step import Outcome, Services, StepContext
from activities.text import bounded_output, clean_output
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import StepInput, StepResult
from schemas.node_spec import NodeConfig, NodeSpec
from schemas.nodes import specs

EmitText = Callable[[str], Awaitable[None]]
Emitter = Callable[[StepInput, int], AbstractAsyncContextManager[EmitText]]
"""Opens the text stream of one attempt of a step; leaving the context flushes it."""

StepActivity = Callable[[StepInput], Awaitable[StepResult]]

_MARGIN = 0.05
"""Share of the attempt's time that is kept for reporting that it ran out."""
_MAX_MARGIN = 0.5
_BEHAVIOURS_SHARE = 0.98
"""Share of the rest that a behaviour is told of: its own message, which knows the reason, comes before ours."""
_FAULTS_NAMED = 5


@asynccontextmanager
async def silent_emitter(step: StepInput, attempt: int) -> AsyncIterator[EmitText]:
    """An emitter for when nobody watches."""

    async def drop(text: str) -> None:
        return None

    yield drop


def step_activities(services: Services, emitter: Emitter = silent_emitter) -> list[StepActivity]:
    """One activity per action kind, named like the kind.

    Args:
        services: What the behaviours share.
        emitter: Where streamed text goes.
    """
    return [_step_activity(specs()[kind], run, services, emitter) for kind, run in behaviours().items()]


def _step_activity(spec: NodeSpec, behaviour: Behaviour, services: Services, emitter: Emitter) -> StepActivity:
    @activity.defn(name=spec.kind)
    async def run_step(step: StepInput) -> StepResult:
        try:
            return await _attempt(spec, behaviour, services, emitter, step)
        except Exception as error:
            # No cause: Temporal would store its text, which may hold anything.
            raise to_application_error(error) from None

    return run_step


async def _attempt(
    spec: NodeSpec, behaviour: Behaviour, services: Services, emitter: Emitter, step: StepInput
) -> StepResult:
    config = validated_config(spec, step.config)
    info = activity.info()
    limit = _seconds_allowed(info)
    async with heartbeats(), emitter(step, info.attempt) as emit_text:
        context = StepContext(
            step=step,
            attempt=info.attempt,
            services=services,
            emit_text=emit_text,
            timeout=None if limit is None else limit * _BEHAVIOURS_SHARE,
            scheduled_at=info.scheduled_time,
        )
        outcome = await _within(limit, behaviour(config, context))
    return _result(step, outcome)


def _seconds_allowed(info: activity.Info) -> float | None:
    """A little less than Temporal allows, so that an attempt can itself report that its time is over."""
    if info.start_to_close_timeout is None:
        return None
    seconds = info.start_to_close_timeout.total_seconds()
    return seconds - min(seconds * _MARGIN, _MAX_MARGIN)


async def _within(limit: float | None, running: Awaitable[Outcome]) -> Outcome:
    """Waits for an attempt.

    Raises:
        PerdureError: `timeout`.
    """
    clock = asyncio.timeout(limit)
    try:
        async with clock:
            return await running
    except TimeoutError as error:
        if not clock.expired():
            raise
        raise PerdureError(ErrorCode.TIMEOUT, f"The step did not finish within {limit:.3g} seconds.") from error


def _result(step: StepInput, outcome: Outcome) -> StepResult:
    return StepResult(
        workspace_id=step.workspace_id,
        output=bounded_output(outcome.output),
        port=outcome.port,
        cost_usd=outcome.cost_usd,
        tokens_in=outcome.tokens_in,
        tokens_out=outcome.tokens_out,
        details=clean_output(outcome.details),
    )


def validated_config(spec: NodeSpec, config: dict[str, Any]) -> NodeConfig:
    """The kind's settings from filled-in templates.

    Raises:
        PerdureError: `invalid_config`, naming the settings but not their values, which may be secret.
    """
    try:
        return spec.config.model_validate(config)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        named = [_fault(fault["loc"], fault["msg"]) for fault in faults[:_FAULTS_NAMED]]
        more = len(faults) - len(named)
        text = "; ".join(named) + (f"; and {more} more" if more else "")
        raise PerdureError(
            ErrorCode.INVALID_CONFIG,
            f"The settings of this {spec.kind} step are not valid: {text}.",
            details={"fields": [".".join(map(str, fault["loc"])) for fault in faults[:100]]},
        ) from None


def _fault(loc: tuple[int | str, ...], message: str) -> str:
    sentence = message.removeprefix("Value error, ").rstrip(".")
    where = ".".join(map(str, loc))
    return f"`{where}`: {sentence[:1].lower()}{sentence[1:]}" if where else sentence
