"""Looks, from inside an activity, which tools an API or an MCP server offers; started by the API."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from schemas.tools.lookup import TOOL_LOOKUP, FoundTools, LookUpTools


@workflow.defn(name=TOOL_LOOKUP)
class ToolLookup:
    """One question, one answer; not tried again, for a person waits."""

    @workflow.run
    async def run(self, message: LookUpTools) -> FoundTools:
        """Look."""
        found: FoundTools = await workflow.execute_activity(
            TOOL_LOOKUP,
            message,
            result_type=FoundTools,
            start_to_close_timeout=timedelta(seconds=25),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
        return found
