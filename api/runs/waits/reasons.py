"""From what is open in a run to the one sentence that says why it waits."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from api.runs.waits.log import Facts, OpenStep
from api.runs.waits.models import Wait, WaitKind, wait
from db.tables import Approval, Waiter
from schemas.messages import RunStatus

_FIRST: Final = tuple(WaitKind)
"""Of several things that of the kind that stands first here is told: what needs somebody comes before what does not."""

_CONTAINERS: Final = frozenset({"foreach", "agent", "crew"})
"""Kinds that are open only because something inside of them is."""

_LONGEST_TEXT: Final = 200


def reason_of(facts: Facts, max_parallel: int | None = None) -> Wait:
    """Why a run waits, as far as the database knows.

    Args:
        facts: What is open in the run.
        max_parallel: How many steps of it may be under way, if that is known.
    """
    if (steered := _steered(facts)) is not None:
        return steered
    if facts.run.status == RunStatus.PENDING:
        return wait(WaitKind.START, "It was accepted and is about to start.", since=facts.run.updated_at)
    found = sorted(_open(facts), key=lambda one: _FIRST.index(one.kind))
    if not found and not facts.steps_known:
        return wait(WaitKind.STEP, "It has many steps, and some of them are under way.")
    if not found:
        return wait(WaitKind.WORKER, "It waits for a worker to go on with it.", since=facts.run.updated_at)
    chosen = found[0].model_copy(update={"others": len(found) - 1})
    return _limited(facts, chosen, found, max_parallel)


def when(moment: datetime) -> str:
    """A point in time in a sentence."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def titled(step: OpenStep) -> str:
    """A step in a sentence."""
    return f"{_short(step.name)!r} ({step.path})"


def _steered(facts: Facts) -> Wait | None:
    asked: dict[str, Any] = facts.run.steering or {}
    action, by = asked.get("action"), asked.get("by")
    since = None if not asked else datetime.fromisoformat(asked["at"])
    because = f": {_short(asked['reason']).rstrip('.')}." if asked.get("reason") else "."
    if action == "cancel" and since is not None:
        sentence = f"{by} has cancelled it; steps under way end and finished ones are undone{because}"
        return wait(WaitKind.CANCELLING, sentence, since=since, by=by)
    if facts.run.status == RunStatus.PAUSED:
        return _paused(facts, asked, because)
    if action == "pause" and since is not None:
        sentence = f"{by} has paused it; it stands still when the steps under way have ended{because}"
        return wait(WaitKind.PAUSED, sentence, since=since, by=by)
    return None


def _paused(facts: Facts, asked: dict[str, Any], because: str) -> Wait:
    if asked.get("action") == "pause":
        since = datetime.fromisoformat(asked["at"])
        sentence = f"Paused by {asked['by']} since {when(since)}{because}"
        return wait(WaitKind.PAUSED, sentence, since=since, by=asked["by"])
    above: dict[str, Any] = facts.parent_steering or {}
    with_parent = f" together with run {facts.run.parent_run_id}" if facts.run.parent_run_id is not None else ""
    by = above.get("by")
    sentence = f"Paused{with_parent}{f' by {by}' if by else ''}; it goes on when that is resumed."
    return wait(WaitKind.PAUSED, sentence, by=by, run_id=facts.run.parent_run_id)


def _open(facts: Facts) -> Iterator[Wait]:
    yield from (_approval(approval) for approval in facts.approvals)
    yield from (_event(waiter, facts) for waiter in facts.waiters)
    told = {approval.path for approval in facts.approvals} | {waiter.path for waiter in facts.waiters}
    steps = [step for step in facts.steps if step.path not in told and step.kind not in _CONTAINERS]
    yield from (_step(step) for step in steps)


def _approval(approval: Approval) -> Wait:
    deadline = f" until {when(approval.due_at)}" if approval.due_at is not None else ""
    whom = "anybody who may decide"
    facts = {
        "node": approval.path,
        "since": approval.created_at,
        "until": approval.due_at,
        "approval_id": approval.id,
    }
    if approval.purpose == "intervention":
        sentence = f"Step {_short(approval.node_name)!r} ({approval.path}) failed and waits for {whom} what to do."
        return wait(WaitKind.INTERVENTION, sentence, **facts)
    if approval.purpose == "verification":
        sentence = (
            f"Nobody knows whether step {_short(approval.node_name)!r} ({approval.path}) was carried out; "
            f"waits for {whom} to look there."
        )
        return wait(WaitKind.INTERVENTION, sentence, **facts)
    return wait(WaitKind.APPROVAL, f"Waits for the approval {_short(approval.title)!r} by {whom}{deadline}.", **facts)


def _event(waiter: Waiter, facts: Facts) -> Wait:
    step = next((step for step in facts.steps if step.path == waiter.path), None)
    until = _moment(step, "until") if step is not None else None
    deadline = f" until {when(until)}" if until is not None else ""
    sentence = f"Waits for the event {_short(waiter.type)!r} with the key {_short(waiter.key)!r}{deadline}."
    return wait(WaitKind.EVENT, sentence, node=waiter.path, since=waiter.created_at, until=until)


def _step(step: OpenStep) -> Wait:
    facts: dict[str, object] = {"node": step.path, "since": step.started_at}
    if step.kind == "sub_workflow":
        return _sub_run(step, facts)
    if step.kind == "wait" and (until := _moment(step, "until")) is not None:
        return wait(WaitKind.TIMER, f"Waits at {titled(step)} until {when(until)}.", until=until, **facts)
    if step.next_attempt_at is not None:
        return _retry(step, facts)
    since = f" since {when(step.started_at)}" if step.started_at is not None else ""
    verb = "is running" if step.status == "running" else "is waiting"
    return wait(WaitKind.STEP, f"Step {titled(step)} {verb}{since}.", **facts)


def _retry(step: OpenStep, facts: dict[str, object]) -> Wait:
    at, attempt = step.next_attempt_at, step.attempt + 1
    message = _short(str((step.error or {}).get("message", "")))
    problem = f"; the last one failed: {message.rstrip('.')}." if message else "."
    sentence = f"Attempt {attempt} of {titled(step)} follows at {when(at) if at else 'a later time'}{problem}"
    return wait(WaitKind.RETRY, sentence, until=at, attempt=attempt, **facts)


def _sub_run(step: OpenStep, facts: dict[str, object]) -> Wait:
    started: dict[str, Any] = step.input if isinstance(step.input, dict) else {}
    run_id = UUID(started["run_id"]) if "run_id" in started else None
    sentence = f"Waits for run {run_id} of {started.get('workflow', 'another workflow')}."
    return wait(WaitKind.SUB_RUN, sentence, run_id=run_id, **facts)


def _limited(facts: Facts, chosen: Wait, found: list[Wait], max_parallel: int | None) -> Wait:
    """Steps that are executed are no reason to wait, unless no more of them may be."""
    if chosen.kind is not WaitKind.STEP or max_parallel is None or len(found) < max_parallel:
        return chosen
    at_once = "one step" if max_parallel == 1 else f"{max_parallel} steps"
    sentence = f"{chosen.sentence[:-1]}, and only {at_once} may run at once (limits.max_parallel)."
    return chosen.model_copy(update={"kind": WaitKind.LIMIT, "sentence": sentence})


def _moment(step: OpenStep, name: str) -> datetime | None:
    value = step.input.get(name) if isinstance(step.input, dict) else None
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
