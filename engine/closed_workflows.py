"""What Temporal still knows of a workflow that is over: how it ended, and who waits for it."""

from dataclasses import dataclass

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import ApplicationError

from engine.starting import RPC_TIMEOUT
from schemas.errors import ErrorCode, ErrorInfo
from schemas.messages import ParentLink, RunInput, RunResult, RunStatus


@dataclass(frozen=True)
class Ending:
    """How a run has to be reported."""

    status: RunStatus
    error: ErrorInfo | None


_KILLED: dict[WorkflowExecutionStatus | None, Ending] = {
    WorkflowExecutionStatus.TERMINATED: Ending(
        RunStatus.TERMINATED,
        ErrorInfo(code=ErrorCode.TERMINATED, message="The workflow of this run was terminated in Temporal."),
    ),
    WorkflowExecutionStatus.TIMED_OUT: Ending(
        RunStatus.FAILED,
        ErrorInfo(code=ErrorCode.RUN_TIMEOUT, message="The workflow of this run timed out in Temporal."),
    ),
    WorkflowExecutionStatus.CANCELED: Ending(
        RunStatus.CANCELLED,
        ErrorInfo(code=ErrorCode.CANCELLED, message="The workflow of this run was cancelled in Temporal."),
    ),
}


async def read_ending(client: Client, execution: WorkflowExecution) -> Ending:
    """How a closed workflow ended."""
    if execution.status in _KILLED:
        return _KILLED[execution.status]
    handle = client.get_workflow_handle(execution.id, run_id=execution.run_id, result_type=RunResult)
    try:
        result = await handle.result(follow_runs=False, rpc_timeout=RPC_TIMEOUT)
    except WorkflowFailureError as error:
        return Ending(RunStatus.FAILED, _failure(error.cause))
    return Ending(result.status, result.error)


async def read_parent(client: Client, workflow_id: str) -> ParentLink | None:
    """Who waits for a workflow, as it was told at its start."""
    history = client.get_workflow_handle(workflow_id).fetch_history_events(page_size=1, rpc_timeout=RPC_TIMEOUT)
    async for event in history:
        payloads = event.workflow_execution_started_event_attributes.input.payloads
        # The first argument is the plan, which would be loaded for nothing.
        [run] = await client.data_converter.decode([payloads[1]], [RunInput])
        return run.parent if isinstance(run, RunInput) else None
    return None


def _failure(cause: BaseException | None) -> ErrorInfo:
    if isinstance(cause, ApplicationError) and cause.type in set(ErrorCode):
        return ErrorInfo(code=ErrorCode(cause.type), message=cause.message[:8_000])
    return ErrorInfo(code=ErrorCode.INTERNAL, message="The workflow of this run failed in Temporal.")
