"""What is new in one workspace: reads what may have changed, and tells what has."""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.live import reading
from api.live.messages import ApprovalChanged, ApprovalsPending, Resync, RunChanged

_MOST_KNOWN: Final = 5_000
_NEWEST: Final = 50
_MOST_WATCHED: Final = 500


@dataclass(frozen=True)
class Change:
    """Something to tell; a later change with the same key takes its place."""

    key: tuple[str, ...]
    text: str
    run_id: UUID | None = None
    seq: tuple[int, int] = (0, 0)
    """Attempt of the run and number of its latest event: grows with every change."""
    workflow: str | None = None
    of_inbox: bool = False
    to_all: bool = False

    @classmethod
    def of_run(cls, run: RunChanged) -> "Change":
        """A run is different now."""
        return cls(
            ("run", str(run.id)),
            run.model_dump_json(),
            run_id=run.id,
            seq=(run.attempt, run.last_event_seq),
            workflow=run.workflow,
        )

    @classmethod
    def of_approval(cls, approval: ApprovalChanged) -> "Change":
        """An approval is different now."""
        return cls(("approval", str(approval.id)), approval.model_dump_json(), of_inbox=True)

    @classmethod
    def of_count(cls, count: int) -> "Change":
        """The number of open approvals."""
        return cls(("pending",), ApprovalsPending(count=count).model_dump_json(), of_inbox=True)

    @classmethod
    def of_gap(cls) -> "Change":
        """Something may have been missed."""
        return cls(("resync",), Resync().model_dump_json(), to_all=True)


class Listener(Protocol):
    """Somebody who is told."""

    @property
    def wants_inbox(self) -> bool:
        """Whether changes of approvals are of interest."""

    @property
    def wants_all_runs(self) -> bool:
        """Whether runs that nobody has named are of interest."""

    @property
    def named_runs(self) -> Collection[UUID]:
        """Runs that are followed one by one."""

    def offer(self, change: Change) -> None:
        """Hear of a change. Must not block and must not fail."""


class WorkspaceNews:
    """What is known of one workspace, and who wants to hear more."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self._runs: OrderedDict[UUID, tuple[Any, ...]] = OrderedDict()
        self._unfinished: OrderedDict[UUID, None] = OrderedDict()
        self._approvals: OrderedDict[UUID, tuple[str, int]] = OrderedDict()

    def tell(self, changes: Iterable[Change]) -> None:
        """Tell everybody who listens."""
        for change in changes:
            for listener in self.listeners:
                listener.offer(change)

    async def read(self, session: AsyncSession, run_ids: Collection[UUID], *, look_around: bool) -> list[Change]:
        """What has changed.

        Args:
            session: Sees this workspace.
            run_ids: Runs that were announced.
            look_around: Look also at runs that may have changed although nobody could announce it.
        """
        wanted = {*run_ids, *self._watched()} if look_around else set(run_ids)
        runs = await reading.read_runs(session, wanted) if wanted else []
        if look_around and any(listener.wants_all_runs for listener in self.listeners):
            runs += await reading.read_newest_runs(session, _NEWEST)
        changes = [Change.of_run(run) for run in runs if self._is_news(run)]
        if wanted and any(listener.wants_inbox for listener in self.listeners):
            changes += await self._read_inbox(session, wanted)
        return changes

    async def _read_inbox(self, session: AsyncSession, run_ids: Collection[UUID]) -> list[Change]:
        found = await reading.read_approvals(session, run_ids)
        changed = [one for one in found if self._approvals.get(one.id) != (one.status, one.last_entry)]
        for one in changed:
            _remember(self._approvals, one.id, (one.status, one.last_entry))
        if not changed:
            return []
        count = await reading.count_pending(session)
        return [*(Change.of_approval(one) for one in changed), Change.of_count(count)]

    def _watched(self) -> set[UUID]:
        named = {run_id for listener in self.listeners for run_id in listener.named_runs}
        return named | set(list(self._unfinished)[-_MOST_WATCHED:])

    def _is_news(self, run: RunChanged) -> bool:
        state = (run.status, run.attempt, run.last_event_seq)
        if self._runs.get(run.id) == state:
            return False
        _remember(self._runs, run.id, state)
        if run.status.ended:
            self._unfinished.pop(run.id, None)
        else:
            _remember(self._unfinished, run.id, None)
        return True


def _remember(known: OrderedDict[UUID, Any], key: UUID, value: Any) -> None:
    known[key] = value
    known.move_to_end(key)
    if len(known) > _MOST_KNOWN:
        known.popitem(last=False)
