"""What a worker counts about steps, and what it writes on their spans."""

import asyncio
import time
from typing import Any, Final

from opentelemetry import trace
from prometheus_client import Counter, Histogram
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from schemas.messages import StepInput, StepResult

ATTEMPTS: Final = Counter(
    "perdure_steps",
    "Attempts of steps, by kind and outcome: completed, failed (for good), retrying, cancelled.",
    ["kind", "outcome"],
)
SECONDS: Final = Histogram(
    "perdure_step_seconds",
    "Duration of one attempt of a step.",
    ["kind"],
    buckets=(0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900),
)
TOKENS: Final = Counter("perdure_llm_tokens", "Tokens by the model that answered.", ["model", "direction"])
COST: Final = Counter("perdure_llm_cost_usd", "Cost in US dollars by the model that answered.", ["model"])


class StepMetricsInterceptor(Interceptor):
    """Interceptor of a worker; the innermost, so that a result that was recorded before is not counted again."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """See base class."""
        return _CountSteps(next)


class _CountSteps(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        """See base class."""
        if not (input.args and isinstance(input.args[0], StepInput)):
            return await super().execute_activity(input)
        step = input.args[0]
        _describe(step)
        began = time.monotonic()
        outcome = "completed"
        try:
            result = await super().execute_activity(input)
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        except Exception as error:
            outcome = "failed" if _is_final(error) else "retrying"
            raise
        finally:
            ATTEMPTS.labels(step.kind, outcome).inc()
            SECONDS.labels(step.kind).observe(time.monotonic() - began)
        _count_spending(result)
        return result


def _describe(step: StepInput) -> None:
    """Facts that lead from a span to the run log."""
    trace.get_current_span().set_attributes(
        {
            "perdure.run_id": step.run_id,
            "perdure.run_attempt": step.run_attempt,
            "perdure.step.path": step.path,
            "perdure.step.iteration": step.iteration,
            "perdure.step.kind": step.kind,
            "perdure.step.attempt": activity.info().attempt,
        }
    )


def _is_final(error: Exception) -> bool:
    policy, attempt = activity.info().retry_policy, activity.info().attempt
    exhausted = policy is not None and 0 < policy.maximum_attempts <= attempt
    return exhausted or (isinstance(error, ApplicationError) and error.non_retryable)


def _count_spending(result: Any) -> None:
    model = result.details.get("model") if isinstance(result, StepResult) else None
    if not isinstance(model, str):
        return
    TOKENS.labels(model, "in").inc(max(0, result.tokens_in))
    TOKENS.labels(model, "out").inc(max(0, result.tokens_out))
    COST.labels(model).inc(max(0.0, result.cost_usd))
