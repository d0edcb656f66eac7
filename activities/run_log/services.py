"""The activities by which the interpreter writes what no step carries."""

from temporalio import activity

from activities.failures import to_application_error
from activities.run_log.log import RunLog
from schemas.messages import CloseRun, WriteLog


class RunLogServices:
    """Activities `write_log` and `close_run`; both may be repeated without effect."""

    def __init__(self, log: RunLog) -> None:
        self._log = log

    @activity.defn(name="write_log")
    async def write_log(self, message: WriteLog) -> None:
        """Store entries that no other activity will carry."""
        try:
            await self._log.write(message)
        except Exception as error:
            raise to_application_error(error) from None

    @activity.defn(name="close_run")
    async def close_run(self, message: CloseRun) -> None:
        """End the run."""
        try:
            await self._log.close(message)
        except Exception as error:
            raise to_application_error(error) from None
