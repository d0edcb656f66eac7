"""Ends of children that come while they are being stopped, or after nobody has waited for them any longer."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from temporalio import workflow

from schemas.messages import ParentLink, PlanRef, RunInput, RunStatus
from schemas.signals import ChildDone, Control
from workflows.graph_run import children
from workflows.graph_run.children import Tries, begun, run_child
from workflows.graph_run.mailbox import Mailbox
from workflows.graph_run.state import Snapshot

REF = PlanRef(workspace_id="w", plan_hash="p", blob_hash="b", size=1)


class Parent:
    """A run as far as its children see it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.mailbox = Mailbox({})
        self.snapshot = Snapshot()
        self.undo: list[Any] = []
        self.children: dict[str, str] = {}
        self.starting: set[str] = set()
        self.server = asyncio.Event()
        """Set while the server answers."""
        self.server.set()
        self.run = SimpleNamespace(workspace_id="w")
        self.memo: dict[str, Any] = {}
        self.started: list[tuple[str, Any]] = []
        monkeypatch.setattr(children, "_start", self._start)
        monkeypatch.setattr(children, "tell", self._tell)

    async def _start(self, workflow_id: str, ref: PlanRef, child: RunInput) -> None:
        await self.server.wait()
        self.started.append((workflow_id, child.snapshot))

    async def _tell(self, workflow_id: str, control: Control) -> None:
        await asyncio.sleep(0)

    def add_cost(self, cost_usd: float, steps: int = 0) -> None:
        self.snapshot.cost_usd += cost_usd

    async def begin(self) -> asyncio.Task[ChildDone]:
        """The next child of the one place that there is."""
        tries = Tries(self.memo, "chunk0")
        key = f"chunk0/{tries.number}"
        link = ParentLink(workflow_id="parent", child_key=key, run_id="r", path="each")
        run: Any = self

        def given() -> RunInput:
            return RunInput(workspace_id="w", run_id="r", plan_ref=REF, parent=link, snapshot=tries.memo)

        task = asyncio.create_task(run_child(run, tries, key, key, REF, given))
        await _rounds()
        return task

    def ended(self, key: str, status: RunStatus, **more: Any) -> None:
        """A child tells of its end."""
        done = ChildDone(workspace_id="w", child_key=key, status=status, cost_usd=1.0, **more)
        self.mailbox.put(key, done.model_dump(mode="json"))


async def _holds(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


async def _rounds() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_one_that_completes_in_the_moment_in_which_it_is_stopped_is_not_awaited_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parent = Parent(monkeypatch)
    first = await parent.begin()
    parent.ended("chunk0/0", RunStatus.COMPLETED, output=[1])
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert first.cancelled()
    again = await parent.begin()
    assert again.done()
    assert (again.result().output, parent.snapshot.cost_usd) == ([1], 1.0)
    assert parent.started == [("chunk0/0", None)]


async def test_the_next_one_begins_where_the_one_before_has_ended_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = Parent(monkeypatch)
    first = await parent.begin()
    monkeypatch.setattr(children, "STOP_SECONDS", 0.0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    monkeypatch.setattr(children, "STOP_SECONDS", 60.0)
    again = await parent.begin()
    assert parent.started == [("chunk0/0", None)]
    parent.ended("chunk0/0", RunStatus.CANCELLED, memo={"done": {"0": 1}})
    await _rounds()
    assert parent.started == [("chunk0/0", None), ("chunk0/1", {"done": {"0": 1}})]
    parent.ended("chunk0/1", RunStatus.COMPLETED, output=[1, 2])
    assert (await again).output == [1, 2]
    assert parent.snapshot.cost_usd == 2.0


async def test_a_word_for_a_child_waits_until_it_is_there_to_hear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "wait_condition", _holds)
    parent = Parent(monkeypatch)
    run: Any = parent
    parent.server.clear()
    child = await parent.begin()
    word = asyncio.create_task(begun(run, "chunk0/0"))
    await _rounds()
    assert not word.done()
    parent.server.set()
    assert await asyncio.wait_for(word, 5) == "chunk0/0"
    assert parent.started == [("chunk0/0", None)]
    parent.ended("chunk0/0", RunStatus.COMPLETED)
    await child
    assert not parent.starting
