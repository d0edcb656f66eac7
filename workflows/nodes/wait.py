"""Behaviour of `wait`."""

from datetime import UTC, datetime

from temporalio import workflow

from schemas.errors import ErrorCode, PerdureError
from schemas.messages import NodeStatus
from schemas.nodes.wait import EXPIRED_PORT, AwaitedEvent, WaitConfig
from schemas.service_calls import AwaitEvent, CancelWait, EventState
from schemas.signals import ArrivedEvent
from workflows.graph_run.calls import call_service
from workflows.graph_run.node_call import NodeCall
from workflows.outcome import NodeOutcome


async def run(call: NodeCall) -> NodeOutcome:
    """Waits for a time or an event.

    Raises:
        ValidationError: if the filled-in settings are not valid.
        PerdureError: INVALID_CONFIG if `until` is no point in time.
    """
    config = call.config(WaitConfig)
    if config.event is not None:
        return await _await_event(call, config.event, call.moment("until", config.timeout))
    if config.until is not None:
        until = _point_in_time(config.until)
        await _sleep(call, until)
        return NodeOutcome({"until": until.isoformat()})
    due = call.moment("until", config.duration)
    if due is not None:
        await _sleep(call, due)
    return NodeOutcome({"waited": config.duration})


def _point_in_time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise PerdureError(
            ErrorCode.INVALID_CONFIG, f"`until` must be a point in time like 2030-01-31T09:00:00Z, not {text[:100]!r}."
        ) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


async def _sleep(call: NodeCall, until: datetime) -> None:
    call.waiting(NodeStatus.WAITING, input={"until": until.isoformat()})
    try:
        await call.answer(f"{call.key}/timer", until)
    except TimeoutError:
        return


async def _await_event(call: NodeCall, event: AwaitedEvent, until: datetime | None) -> NodeOutcome:
    limit = {} if until is None else {"until": until.isoformat()}
    call.waiting(NodeStatus.WAITING, input={"type": event.type, "key": event.key, **limit})
    run = call.run.run
    request = AwaitEvent(
        workspace_id=run.workspace_id,
        run_id=run.run_id,
        run_attempt=run.run_attempt,
        path=call.path,
        iteration=call.iteration,
        workflow_id=workflow.info().workflow_id,
        type=event.type,
        key=event.key,
        filter=event.filter,
        values=event.values,
        log=call.run.log.take(),
    )
    state = await call_service("await_event", request, EventState)
    arrived = state.event
    if arrived is None:
        arrived = await _arrival(call, state.waiter_id, until)
    if arrived is None:
        return NodeOutcome(None, EXPIRED_PORT)
    return NodeOutcome(arrived.data)


async def _arrival(call: NodeCall, waiter_id: str, until: datetime | None) -> ArrivedEvent | None:
    try:
        return ArrivedEvent.model_validate(await call.answer(waiter_id, until))
    except TimeoutError:
        run = call.run.run
        request = CancelWait(
            workspace_id=run.workspace_id, waiter_id=waiter_id, run_id=run.run_id, run_attempt=run.run_attempt
        )
        # The event may have come at the last moment; the database decides.
        return (await call_service("cancel_wait", request, EventState)).event
