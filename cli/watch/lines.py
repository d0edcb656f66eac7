"""Tells a run line by line, for logs and pipes."""

from datetime import datetime
from typing import Any

from cli.watch.progress import RESOLVED, RunView, message_of
from cli.watch.tree import duration, money, summary


def line_of(view: RunView, event: dict[str, Any], now: datetime) -> str | None:
    """One line for an event that was just applied to the view; nothing for what is not worth a line."""
    kind, data = str(event.get("type")), event.get("data") or {}
    if kind.startswith("run."):
        return _run_line(view, kind.removeprefix("run."), data, now)
    if kind.startswith("step.") and event.get("path"):
        return _step_line(view, kind.removeprefix("step."), event, now)
    if kind == "approval.decided":
        by = f" by {data['by']}" if data.get("by") else ""
        return f"approval {data.get('decision', 'decided')}{by}"
    return None


def _run_line(view: RunView, what: str, data: dict[str, Any], now: datetime) -> str:
    ended = f" · {summary(view, now)}" if view.over else ""
    because = f": {message_of(data.get('error'))}" if data.get("error") else ""
    return f"run {what.replace('_', ' ')}{ended}{because}"


def _step_line(view: RunView, what: str, event: dict[str, Any], now: datetime) -> str | None:
    if what in ("delta", "superseded"):
        return None
    path = str(event["path"])
    step = view.steps[path]
    data = event.get("data") or {}
    notes = [f"round {step.iteration + 1}"] if step.iteration else []
    if what in ("started", "retrying") and step.attempt > 1:
        notes.append(f"attempt {step.attempt}")
    if what in RESOLVED and (seconds := step.seconds(now)):
        notes.append(duration(seconds))
    if what == "completed" and step.cost_usd:
        notes.append(money(step.cost_usd))
    said = message_of(data.get("error"))
    return f"{path} {what}" + (f" ({', '.join(notes)})" if notes else "") + (f": {said}" if said else "")
