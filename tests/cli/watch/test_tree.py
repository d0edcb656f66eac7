"""The tree shows what matters and cannot be broken by what it shows."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from cli.watch.lines import line_of
from cli.watch.progress import ItemsView, RunView, StepView
from cli.watch.tree import MAX_ROWS, draw, duration, money

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def text_of(view: RunView) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(draw(view, NOW, "refund-triage"))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def view_with(*steps: StepView) -> RunView:
    view = RunView("r1", status="running", started=NOW - timedelta(seconds=5))
    view.steps = {step.path: step for step in steps}
    return view


def test_it_shows_status_cost_time_attempts_and_errors() -> None:
    text = text_of(
        view_with(
            StepView("a", "llm", "Ask the model", "completed", cost_usd=0.0123, started=NOW, ended=NOW),
            StepView("b", "http_request", "Pay", "running", attempt=3, error="Timed out.", started=NOW),
            StepView("c", "approval", "Boss", "waiting", started=NOW - timedelta(minutes=3)),
        )
    )
    for part in ("refund-triage", "running", "5.0s", "Ask the model", "$0.0123", "attempt 3", "Timed out.", "3m 00s"):
        assert part in text


def test_a_foreach_has_a_bar_and_shows_only_items_worth_a_look() -> None:
    view = view_with(
        StepView("each", "foreach", "Each mail", "running", items=50),
        StepView("each[0].pay", "http_request", status="completed"),
        StepView("each[1].pay", "http_request", status="failed", error="No money."),
    )
    view.items["each"] = ItemsView({0: set(), 1: set()}, {1})
    text = text_of(view)
    assert "2/50" in text
    assert "1 failed" in text
    assert "each[1].pay" in text
    assert "each[0].pay" not in text


def test_what_comes_from_outside_moves_no_cursor_and_is_no_markup() -> None:
    text = text_of(view_with(StepView("a", "llm", "[red]x\x1b[2J[/]", "failed", error="[bold]no\x07")))
    assert "\x1b" not in text
    assert "[red]x" in text
    assert "[bold]no" in text


def test_very_many_steps_are_cut() -> None:
    text = text_of(view_with(*(StepView(f"s{n}", status="completed") for n in range(100))))
    assert f"… {100 - MAX_ROWS} earlier steps" in text
    assert len(text.splitlines()) <= MAX_ROWS + 2


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0.416, "0.42s"), (12.34, "12.3s"), (245, "4m 05s"), (10_930, "3h 02m")]
)
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_small_amounts_keep_their_digits() -> None:
    assert [money(usd) for usd in (1234.5, 0.0021, 0.0000042)] == ["$1,234.50", "$0.0021", "$0.000004"]


def test_lines_tell_the_same_without_a_terminal() -> None:
    view = RunView("r1")
    told = []
    for seq, (kind, path, data) in enumerate(
        [
            ("run.started", None, {}),
            ("step.started", "pay", {}),
            ("step.delta", "pay", {"text": "x"}),
            ("step.failed", "pay", {"error": {"message": "No money."}}),
            ("run.failed", None, {"error": {"message": "A step failed."}}),
        ],
        start=1,
    ):
        event = {"seq": seq, "type": kind, "path": path, "at": f"2026-01-01T00:00:0{seq}Z", "data": data}
        view.apply(event)
        told.append(line_of(view, event, NOW))
    assert told == [
        "run started",
        "pay started",
        None,
        "pay failed (2.0s): No money.",
        "run failed · 0 steps · 4.0s: A step failed.",
    ]
