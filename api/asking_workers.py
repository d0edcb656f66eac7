"""What only workers do, because they alone open secrets and reach the outside; a person waits for the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar
from uuid import uuid4

from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.service import RPCError

from api.errors import RequestError
from api.services import Services
from engine.starting import fair_share
from schemas.errors import ErrorCode
from schemas.messages import RUNS_QUEUE, Message

Answer = TypeVar("Answer")

_CODES: Final = {code.value: code for code in ErrorCode}


@dataclass(frozen=True)
class Question:
    """What a worker is asked.

    Args:
        workflow: Name of the workflow that answers.
        order: What it is given.
        patience: How long the person waits.
        silence: What the person is told if nobody answers in that time.
    """

    workflow: str
    order: Message
    patience: timedelta
    silence: str


async def ask_worker(
    services: Services,
    question: Question,
    answer: type[Answer],
    refusal: Callable[[ErrorCode, str], RequestError] = RequestError,
) -> Answer:
    """Have a worker do something; what it answers.

    Args:
        services: Of the API.
        question: What is wanted.
        answer: What is answered.
        refusal: How an error of the worker is told, by its code and message.

    Raises:
        RequestError: what `refusal` makes of an error, `unavailable` if no worker answers.
    """
    try:
        found: Answer = await services.temporal.execute_workflow(
            question.workflow,
            question.order,
            id=f"{question.workflow.replace('_', '-')}-{uuid4()}",
            task_queue=RUNS_QUEUE,
            result_type=answer,
            execution_timeout=question.patience,
            priority=fair_share(question.order.workspace_id),
        )
    except WorkflowFailureError as failed:
        cause = failed.cause.cause if isinstance(failed.cause, ActivityError) else failed.cause
        if isinstance(cause, ApplicationError) and cause.type in _CODES:
            raise refusal(_CODES[cause.type], cause.message) from failed
        raise RequestError(ErrorCode.UNAVAILABLE, question.silence) from failed
    except RPCError as failed:
        raise RequestError(ErrorCode.UNAVAILABLE, "Temporal cannot be reached at the moment.") from failed
    return found
