"""What a step gives back, without the secrets that it may hold: an answer may repeat what was sent."""

from typing import Any

from temporalio.exceptions import ApplicationError

from engine.redaction import Redactor
from schemas.messages import StepResult


def redacted_result(result: StepResult, redactor: Redactor) -> StepResult:
    """The result without secrets; the same one if it holds none."""
    held: dict[str, Any] = {"output": result.output, "details": result.details}
    shown = redactor.value(held)
    return result if shown is held else result.model_copy(update=shown)


def redacted_failure(failure: ApplicationError, redactor: Redactor) -> ApplicationError:
    """The failure without secrets; the same one if it holds none."""
    held = [failure.message, *failure.details]
    shown = redactor.value(held)
    if shown is held:
        return failure
    return ApplicationError(
        shown[0],
        *shown[1:],
        type=failure.type,
        non_retryable=failure.non_retryable,
        next_retry_delay=failure.next_retry_delay,
        category=failure.category,
    )
