"""Binds run, step and attempt to everything that is logged while an activity runs."""

from typing import Any

import structlog
from temporalio import activity, workflow
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

_FIELDS = ("run_id", "workspace_id", "path", "iteration", "kind")


def keep_facts_out_of_messages() -> None:
    """Stop the SDK's loggers from writing a dictionary behind every message: the facts are fields of the line."""
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False


class LogContextInterceptor(Interceptor):
    """Interceptor of a worker; the outermost, so that the lines of the others are bound too."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """See base class."""
        return _BindLogContext(next)


class _BindLogContext(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        info = activity.info()
        bound = {"activity": info.activity_type, "attempt": info.attempt, "workflow_id": info.workflow_id}
        if input.args:
            message = input.args[0]
            bound |= {name: value for name in _FIELDS if (value := getattr(message, name, None)) is not None}
        with structlog.contextvars.bound_contextvars(**bound):
            return await super().execute_activity(input)
