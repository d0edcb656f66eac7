"""The activities by which the interpreter writes what no step carries."""

from temporalio import activity

from activities.failures import to_application_error
from activities.run_log.log import RunLog
from engine.metrics import RUNS_ENDED, RUNS_STARTED
from schemas.service_calls import CloseRun, WriteLog
from schemas.unknown_outcomes import FindCall, FoundCall


class RunLogServices:
    """Activities `write_log`, `find_call` and `close_run`; all may be repeated without effect."""

    def __init__(self, log: RunLog) -> None:
        self._log = log

    @activity.defn(name="write_log")
    async def write_log(self, message: WriteLog) -> None:
        """Store entries that no other activity will carry."""
        try:
            await self._log.write(message)
            if message.child is not None and activity.info().attempt == 1:
                RUNS_STARTED.labels("sub_workflow").inc()
        except Exception as error:
            raise to_application_error(error) from None

    @activity.defn(name="find_call")
    async def find_call(self, asked: FindCall) -> FoundCall:
        """Give a step up whose worker is silent, and find what it had sent."""
        try:
            return FoundCall(workspace_id=asked.workspace_id, call=await self._log.find_call(asked))
        except Exception as error:
            raise to_application_error(error) from None

    @activity.defn(name="close_run")
    async def close_run(self, message: CloseRun) -> None:
        """End the run."""
        try:
            if await self._log.close(message):
                RUNS_ENDED.labels(message.status.value).inc()
        except Exception as error:
            raise to_application_error(error) from None
