"""The state of a run as its events tell it; pure, so that drawing and telling cannot disagree."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

_ITEM: Final = re.compile(r"(?:#\d+)?\[(\d+)\]")
_RUN_PREFIX, _STEP_PREFIX = "run.", "step."
RESOLVED: Final = frozenset({"completed", "failed", "skipped", "cancelled", "compensated"})
ENDED: Final = frozenset({"completed", "failed", "cancelled", "terminated"})
STEP_STATUS: Final = {
    "started": "running",
    "waiting": "waiting",
    "retrying": "running",
    "completed": "completed",
    "failed": "failed",
    "skipped": "skipped",
    "cancelled": "cancelled",
    "compensated": "compensated",
}
RUN_STATUS: Final = {
    "created": "pending",
    "started": "running",
    "resumed": "running",
    "retried": "pending",
    "paused": "paused",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
    "terminated": "terminated",
}
MAX_PREVIEW = 200


@dataclass
class StepView:
    """One node in its latest iteration."""

    path: str
    kind: str = ""
    name: str = ""
    status: str = "pending"
    iteration: int = 0
    attempt: int = 1
    cost_usd: float = 0.0
    tokens: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    text: str = ""
    error: str = ""
    items: int | None = None
    port: str | None = None

    @property
    def label(self) -> str:
        """Name for a person."""
        return self.name or self.path

    def seconds(self, now: datetime) -> float | None:
        """How long it has taken so far."""
        return None if self.started is None else max(0.0, ((self.ended or now) - self.started).total_seconds())


@dataclass
class ItemsView:
    """The items of one foreach."""

    steps: dict[int, set[str]] = field(default_factory=dict)
    """Steps of each item that are not resolved."""
    failed: set[int] = field(default_factory=set)

    @property
    def done(self) -> int:
        """Items of which no step is open."""
        return sum(1 for still_open in self.steps.values() if not still_open)

    @property
    def seen(self) -> int:
        """Items that have begun."""
        return len(self.steps)


@dataclass
class RunView:
    """Everything that the events so far have told."""

    run_id: str
    status: str = "pending"
    last_seq: int = 0
    steps: dict[str, StepView] = field(default_factory=dict)
    items: dict[str, ItemsView] = field(default_factory=dict)
    cost_usd: float = 0.0
    tokens: int = 0
    steps_done: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    output: Any = None
    error: dict[str, Any] | None = None

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self.status in ENDED

    def seconds(self, now: datetime) -> float:
        """How long the run has taken so far."""
        return 0.0 if self.started is None else max(0.0, ((self.ended or now) - self.started).total_seconds())

    def apply(self, event: dict[str, Any]) -> None:
        """Take in one event; one that is known already changes nothing."""
        seq = int(event.get("seq") or 0)
        if seq <= self.last_seq:
            return
        self.last_seq = seq
        kind, at, data = str(event.get("type")), parse_time(event.get("at")), event.get("data") or {}
        if kind.startswith(_RUN_PREFIX):
            self._apply_run(kind.removeprefix(_RUN_PREFIX), at, data)
        elif kind.startswith(_STEP_PREFIX) and event.get("path"):
            self._apply_step(kind.removeprefix(_STEP_PREFIX), event, at, data)

    def _apply_run(self, what: str, at: datetime | None, data: dict[str, Any]) -> None:
        self.status = RUN_STATUS.get(what, self.status)
        if what == "created" or (what == "started" and self.started is None):
            self.started = self.started or at
        if what == "retried":
            self.ended, self.error, self.output = None, None, None
        if what in ENDED:
            self.ended = at
            self.output, self.error = data.get("output"), data.get("error")
            self.cost_usd = float(data.get("cost_usd") or self.cost_usd)
            self.steps_done = int(data.get("steps_done") or self.steps_done)

    def _apply_step(self, what: str, event: dict[str, Any], at: datetime | None, data: dict[str, Any]) -> None:
        step = self._step(event, data)
        if what == "delta":
            step.text = (step.text + str(data.get("text", "")))[-MAX_PREVIEW:]
            return
        if what == "superseded":
            step.text = ""
            return
        step.status = STEP_STATUS.get(what, step.status)
        step.attempt = int(event.get("attempt") or step.attempt)
        if what in ("started", "waiting"):
            step.started, step.ended = step.started or at, None
        if what == "retrying":
            step.error = message_of(data.get("error"))
        if what in RESOLVED:
            self._resolve(step, what, at, data)
        self._note_item(step)

    def _step(self, event: dict[str, Any], data: dict[str, Any]) -> StepView:
        path, iteration = str(event["path"]), int(event.get("iteration") or 0)
        step = self.steps.get(path)
        if step is None or iteration > step.iteration:
            self.items.pop(path, None)
            step = self.steps[path] = StepView(path, iteration=iteration, name=step.name if step else "")
        step.kind = str(data.get("kind") or step.kind)
        step.name = str(data.get("name") or step.name)
        return step

    def _resolve(self, step: StepView, what: str, at: datetime | None, data: dict[str, Any]) -> None:
        step.ended = at
        step.started = step.started or at
        step.text = ""
        step.port = data.get("port")
        step.error = message_of(data.get("error")) if what == "failed" else ""
        if what == "completed":
            step.cost_usd = float(data.get("cost_usd") or 0)
            step.tokens = int(data.get("tokens_in") or 0) + int(data.get("tokens_out") or 0)
            self.cost_usd += step.cost_usd
            self.tokens += step.tokens
            self.steps_done += 1

    def _note_item(self, step: StepView) -> None:
        """Count the step for the item that it belongs to, in every foreach around it."""
        for foreach, index in items_around(step.path):
            view = self.items.setdefault(foreach, ItemsView())
            still_open = view.steps.setdefault(index, set())
            if step.status in RESOLVED:
                still_open.discard(step.path)
                if step.status == "failed":
                    view.failed.add(index)
            else:
                still_open.add(step.path)


def items_around(path: str) -> list[tuple[str, int]]:
    """Foreach paths and item indexes on the way to a step: `a[1].b[2].c` gives `(a, 1), (a[1].b, 2)`."""
    return [(path[: match.start()], int(match[1])) for match in _ITEM.finditer(path)]


def parse_time(text: Any) -> datetime | None:
    """RFC 3339 text as a time; nothing if it is none."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def message_of(error: Any) -> str:
    """Sentence of an error."""
    return str(error.get("message") or error.get("code") or "") if isinstance(error, dict) else ""
