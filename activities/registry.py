"""The step runner: turns every action kind into one Temporal activity of its name."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from pydantic import ValidationError
from temporalio import activity

from activities.credentials.vault import Vault
from activities.delivery import Delivery
from activities.failures import to_application_error
from activities.heartbeat import heartbeats
from activities.nodes import Behaviour, behaviours
from activities.step import Outcome, Services, StepContext
from activities.text import bounded_output, clean_output
from engine.redaction import RedactedStream
from schemas.errors import ErrorCode, PerdureError
from schemas.limits import LOG_SECONDS
from schemas.messages import StepInput, StepResult
from schemas.node_spec import NodeConfig, NodeSpec
from schemas.nodes import specs

EmitText = Callable[[str], Awaitable[None]]
Emitter = Callable[[StepInput, int], AbstractAsyncContextManager[EmitText]]
"""Opens the text stream of one attempt of a step; leaving the context flushes it."""

StepActivity = Callable[[StepInput], Awaitable[StepResult]]

_BEHAVIOURS_SHARE = 0.98
"""Share of the time that a behaviour is told of: its own message, which knows the reason, comes before ours."""
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
            raise to_application_error(error, activity.info().attempt) from None

    return run_step


async def _attempt(
    spec: NodeSpec, behaviour: Behaviour, services: Services, emitter: Emitter, step: StepInput
) -> StepResult:
    info = activity.info()
    limit = _seconds_allowed(info)
    timeout = None if limit is None else limit * _BEHAVIOURS_SHARE
    async with heartbeats(), emitter(step, info.attempt) as emit, redacted(emit, step, services.vault) as emit_text:
        credentials = await services.vault.open(step)
        config = validated_config(spec, credentials.filled(step.config))
        delivery = None if spec.is_repeatable(config) else Delivery(services.calls, step, info.attempt)
        context = StepContext(
            step=step,
            attempt=info.attempt,
            services=services,
            credentials=credentials,
            emit_text=emit_text,
            timeout=timeout,
            until=None if timeout is None else asyncio.get_running_loop().time() + timeout,
            delivery=delivery,
            scheduled_at=info.scheduled_time,
        )
        outcome = await _judged(delivery, _within(limit, behaviour(config, context)))
    return _result(step, outcome)


@asynccontextmanager
async def redacted(emit: EmitText, step: StepInput, vault: Vault) -> AsyncIterator[EmitText]:
    """The text stream of an attempt without secrets, however they are spread over its pieces."""
    stream, redactions = RedactedStream(), vault.redactions

    async def emit_safely(text: str) -> None:
        if shown := stream.feed(text, redactions.of(step.workspace_id)):
            await emit(shown)

    yield emit_safely
    if rest := stream.end(redactions.of(step.workspace_id)):
        await emit(rest)


def _seconds_allowed(info: activity.Info) -> float | None:
    """The step's own timeout: less than Temporal allows, so an attempt can itself report that its time is over."""
    allowed = info.start_to_close_timeout
    return None if allowed is None else allowed.total_seconds() - LOG_SECONDS


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


async def _judged(delivery: Delivery | None, running: Awaitable[Outcome]) -> Outcome:
    """Waits for an attempt; where it failed although it may have been done, the error says that.

    Raises:
        PerdureError: `outcome_unknown`, or what the attempt raises.
    """
    try:
        return await running
    except Exception as error:
        unknown = None if delivery is None else await delivery.judge(error)
        if unknown is None:
            raise
        raise unknown from error


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
