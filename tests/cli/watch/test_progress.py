"""Events fold into the state of a run."""

from datetime import UTC, datetime
from typing import Any

from cli.watch.progress import RunView, items_around, parse_time


def fold(*events: tuple[str, str | None, dict[str, Any]], iteration: int = 0) -> RunView:
    view = RunView("r1")
    for seq, (kind, path, data) in enumerate(events, start=1):
        extra = {"iteration": data.pop("iteration", iteration), "attempt": data.pop("attempt", None)} if path else {}
        view.apply(
            {"seq": seq, "type": kind, "at": f"2026-01-01T00:00:{seq:02d}Z", "path": path, "data": data, **extra}
        )
    return view


def test_a_run_from_beginning_to_end() -> None:
    view = fold(
        ("run.created", None, {}),
        ("run.started", None, {"attempt": 1}),
        ("step.started", "ask", {"kind": "llm", "name": "Ask", "attempt": 1}),
        ("step.delta", "ask", {"text": "Hel"}),
        ("step.completed", "ask", {"kind": "llm", "name": "Ask", "cost_usd": 0.5, "tokens_in": 3, "tokens_out": 4}),
        ("run.completed", None, {"output": {"a": 1}, "cost_usd": 0.5, "steps_done": 1}),
    )
    step = view.steps["ask"]
    assert (view.status, view.over, view.output, view.cost_usd, view.tokens) == ("completed", True, {"a": 1}, 0.5, 7)
    assert (step.status, step.label, step.text, step.seconds(datetime.now(UTC))) == ("completed", "Ask", "", 2.0)
    assert view.seconds(datetime.now(UTC)) == 5.0


def test_events_that_are_known_change_nothing() -> None:
    view = fold(("step.completed", "a", {"cost_usd": 1.0}))
    view.apply({"seq": 1, "type": "step.completed", "path": "a", "data": {"cost_usd": 1.0}})
    assert view.cost_usd == 1.0
    assert view.steps_done == 1


def test_a_retry_drops_the_text_of_the_failed_attempt() -> None:
    view = fold(
        ("step.started", "a", {"attempt": 1}),
        ("step.delta", "a", {"text": "wrong"}),
        ("step.retrying", "a", {"attempt": 1, "error": {"code": "network", "message": "It broke."}}),
        ("step.superseded", "a", {"attempt": 1}),
        ("step.started", "a", {"attempt": 2}),
    )
    step = view.steps["a"]
    assert (step.text, step.attempt, step.status, step.error) == ("", 2, "running", "It broke.")


def test_a_new_round_of_a_loop_begins_afresh() -> None:
    view = fold(
        ("step.started", "draft", {"name": "Draft"}),
        ("step.completed", "draft", {}),
        ("step.started", "draft", {"iteration": 1}),
    )
    step = view.steps["draft"]
    assert (step.iteration, step.status, step.ended, step.name) == (1, "running", None, "Draft")


def test_items_of_a_foreach_are_counted() -> None:
    view = fold(
        ("step.started", "each", {"kind": "foreach"}),
        ("step.started", "each[0].pay", {}),
        ("step.started", "each[1].pay", {}),
        ("step.completed", "each[0].pay", {}),
        ("step.failed", "each[1].pay", {"error": {"message": "No money."}}),
        ("step.started", "each[2].pay", {}),
    )
    items = view.items["each"]
    assert (items.done, items.seen, items.failed) == (2, 3, {1})


def test_a_retried_run_goes_on() -> None:
    view = fold(("run.failed", None, {"error": {"message": "x"}}), ("run.retried", None, {}), ("run.started", None, {}))
    assert (view.status, view.over, view.error) == ("running", False, None)


def test_paths_name_the_items_around_a_step() -> None:
    assert items_around("a[1].b[22].c") == [("a", 1), ("a[1].b", 22)]
    assert items_around("a#3[1].b") == [("a", 1)]
    assert items_around("plain") == []


def test_events_of_a_later_version_are_survived() -> None:
    view = fold(("step.teleported", "a", {}), ("run.exploded", None, {}), ("nonsense", None, {}))
    assert view.status == "pending"


def test_times_without_a_zone_are_utc() -> None:
    assert parse_time("2026-01-01T00:00:00") == datetime(2026, 1, 1, tzinfo=UTC)
    assert parse_time("yesterday") is None
