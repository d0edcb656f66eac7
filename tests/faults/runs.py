"""Runs as the API shows them, and the proof that a fault has done them no harm."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.faults.processes import wait_for
from tests.faults.stack import Perdure

Step = dict[str, Any]


@dataclass(frozen=True)
class Record:
    """All that is known of a run at one moment."""

    run: dict[str, Any]
    steps: dict[str, Step]
    events: list[dict[str, Any]]

    @property
    def completed(self) -> dict[str, Step]:
        """Steps whose completion is recorded, by path."""
        return {path: step for path, step in self.steps.items() if step["status"] == "completed"}

    def count(self, event_type: str) -> Counter[str]:
        """How often an event has happened, by path of the step."""
        return Counter(event["path"] or "" for event in self.events if event["type"] == event_type)


@dataclass(frozen=True)
class StartedRun:
    """A run that a test has started."""

    stack: Perdure
    id: str

    def key(self, path: str) -> str:
        """Under which the outside world knows a step."""
        return f"{self.id}/{path}/0"

    def record(self) -> Record:
        """The run as it is now."""
        run = self.stack.read(f"/v1/runs/{self.id}")
        steps = self.stack.read(f"/v1/runs/{self.id}/steps", limit=1_000)["items"]
        events = self.stack.read(f"/v1/runs/{self.id}/events", limit=1_000)["items"]
        return Record(run, {step["path"]: step for step in steps}, events)

    def wait_until(self, path: str, status: str) -> None:
        """Wait until the log shows a step in a status."""

        def reached() -> bool:
            steps = self.stack.read(f"/v1/runs/{self.id}/steps", path=path)["items"]
            return any(step["status"] == status for step in steps)

        wait_for(reached, f"step {path} is {status}", pause=0.003)

    def wait_for_approval(self) -> str:
        """Id of what the run asks."""

        def asked() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = self.stack.read("/v1/approvals", run_id=self.id)["items"]
            return found

        return str(wait_for(asked, "the run asks")[0]["id"])

    def wait_for_event_after(self, record: Record) -> None:
        """Wait until the run log has grown, unless the run had ended."""
        if record.run["ended_at"] is not None:
            return
        last = record.run["last_event_seq"]
        wait_for(lambda: self.stack.read(f"/v1/runs/{self.id}")["last_event_seq"] > last, "the run goes on")

    def wait_until_ended(self) -> Record:
        """The run at its end."""
        ended = ("completed", "failed", "cancelled", "terminated")
        wait_for(lambda: self.stack.read(f"/v1/runs/{self.id}")["status"] in ended, f"run {self.id} ends")
        return self.record()


def publish(stack: Perdure, document: dict[str, Any]) -> str:
    """Slug of the published workflow."""
    answer = stack.call("POST", "/v1/workflows", json=document)
    assert answer.is_success, answer.text
    return str(answer.json()["slug"])


def start(stack: Perdure, slug: str, order: str = "A-1043", slow: str = "") -> StartedRun:
    """Start a run."""
    answer = stack.call("POST", "/v1/runs", json={"workflow": slug, "input": {"order": order, "slow": slow}})
    assert answer.status_code == 202, answer.text
    return StartedRun(stack, answer.json()["id"])


def assert_unharmed(before: Record | None, after: Record) -> None:
    """The run is complete, its history gapless, and nothing that was done before the fault was done again."""
    assert after.run["status"] == "completed", after.run["error"]
    assert [event["seq"] for event in after.events] == list(range(1, len(after.events) + 1))
    assert after.run["last_event_seq"] == len(after.events)
    unfinished = {path: step["status"] for path, step in after.steps.items() if step["status"] not in _FINAL}
    assert not unfinished
    once = dict.fromkeys(after.completed, 1)
    assert dict(after.count("step.completed")) == once
    for happened in ("run.created", "run.started", "run.completed"):
        assert after.count(happened).total() == 1, happened
    if before is not None:
        for path, step in before.completed.items():
            assert after.steps[path] == step, f"{path} ran again"
            assert after.count("step.started")[path] == before.count("step.started")[path]


def assert_paid_once(
    stack: Perdure, before: dict[str, float], *, refunds: int = 1, requests: int | None = None
) -> None:
    """The ledger has booked so many refunds since, each under a key of its own, however often it was asked."""
    after = stack.world.refunds()
    grown = {name: after[name] - before.get(name, 0) for name in after}
    assert (grown["keys"], grown["refunds"]) == (refunds, refunds)
    assert grown["requests"] == grown["keys"] + grown["replayed"]
    assert requests is None or grown["requests"] == requests


def assert_nothing_paid(stack: Perdure, before: dict[str, float]) -> None:
    """The ledger was not asked since."""
    assert stack.world.refunds() == before


_FINAL = ("completed", "skipped")
