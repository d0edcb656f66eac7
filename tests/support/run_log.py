"""Steps, entries and readings of the run log for tests."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from activities.run_log.log import RunLog
from db.run_events import read_events
from db.session import Database
from db.tables import Run, Step
from schemas.errors import ErrorInfo
from schemas.messages import NodeStatus, StepEntry, StepInput, StepResult
from schemas.run_events import RunEvent
from tests.support.workspaces import new_run


class LoggedRun:
    """A run in the database and everything one can do to its log."""

    def __init__(self, database: Database, run: Run) -> None:
        self.database = database
        self.log = RunLog(database)
        self.workspace_id = run.workspace_id
        self.id = run.id

    @classmethod
    async def create(cls, database: Database, workspace_id: UUID, **columns: Any) -> "LoggedRun":
        """A pending run of a fresh version."""
        return cls(database, await new_run(database, workspace_id, **columns))

    def step(self, path: str = "a", **changes: Any) -> StepInput:
        """The argument of a step's activity."""
        given = StepInput(
            workspace_id=str(self.workspace_id),
            run_id=str(self.id),
            path=path,
            kind="code",
            name=path.upper(),
            config={"n": 1},
        )
        return given.model_copy(update=changes)

    def result(self, output: Any = None, **changes: Any) -> StepResult:
        """What such a step gives back."""
        return StepResult(workspace_id=str(self.workspace_id), output=output, **changes)

    def message(self, **fields: Any) -> dict[str, Any]:
        """Fields that every message to the services has."""
        return {"workspace_id": str(self.workspace_id), "run_id": str(self.id)} | fields

    async def complete(self, path: str = "a", output: Any = None, **changes: Any) -> StepResult:
        """Run a step from start to end."""
        step = self.step(path, **changes)
        assert await self.log.step_started(step, 1) is None
        return await self.log.step_completed(step, 1, self.result(output))

    async def row(self) -> Run:
        """The run as it is now."""
        async with self.database.tenant(self.workspace_id) as session:
            return (await session.scalars(select(Run).where(Run.id == self.id))).one()

    async def step_row(self, path: str = "a", iteration: int = 0) -> Step:
        """One step as it is now."""
        async with self.database.tenant(self.workspace_id) as session:
            return (
                await session.scalars(
                    select(Step).where(Step.run_id == self.id, Step.path == path, Step.iteration == iteration)
                )
            ).one()

    async def events(self) -> list[RunEvent]:
        """The whole history, checked to be gapless."""
        before = (await self.row()).last_event_seq
        async with self.database.tenant(self.workspace_id) as session:
            events = await read_events(session, self.id, 0, limit=100_000)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert before <= len(events) <= (await self.row()).last_event_seq
        return events

    async def history(self) -> list[str]:
        """The history in short: `step.completed a`."""
        return [event.type.value + (f" {event.path}" if event.path else "") for event in await self.events()]


def entry(path: str, status: NodeStatus, second: float = 0, **changes: Any) -> StepEntry:
    """What a workflow tells of a step, `second` seconds after the start of the day."""
    fields: dict[str, Any] = {
        "path": path,
        "kind": "branch",
        "name": path.upper(),
        "status": status,
        "at": f"2026-01-01T00:00:{second:09.6f}+00:00",
    }
    return StepEntry.model_validate(fields | changes)


def error(message: str = "It failed.", code: str = "network") -> ErrorInfo:
    """An error as data."""
    return ErrorInfo.model_validate({"code": code, "message": message})
