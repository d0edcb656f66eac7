"""Asking in the terminal: keys, forms, types."""

import io
from typing import Any

import pytest
from rich.console import Console

from cli.approvals import Answer, ask, automatic, choices_of, shortcuts, show
from cli.errors import CliError

FORM = {
    "type": "object",
    "required": ["amount", "tone"],
    "properties": {
        "amount": {"type": "number", "title": "Amount"},
        "tone": {"type": "string", "enum": ["warm", "cold"], "default": "warm"},
        "sure": {"type": "boolean"},
        "tags": {"type": "array"},
    },
}


def request(**changes: Any) -> dict[str, Any]:
    decisions = [{"name": "approved", "label": "Yes"}, {"name": "rejected", "label": "No"}]
    return {"id": "a1", "run_id": "r1", "path": "ask", "title": "Pay?", "decisions": decisions, **changes}


def answers(monkeypatch: pytest.MonkeyPatch, *typed: str) -> Console:
    """A console at which somebody types."""
    waiting = list(typed)
    console = Console(file=io.StringIO(), width=100)
    monkeypatch.setattr(console, "input", lambda *_args, **_options: waiting.pop(0))
    return console


def test_a_key_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(answers(monkeypatch, "a", ""), request()) == Answer("approved")
    assert ask(answers(monkeypatch, "R", "too much"), request()) == Answer("rejected", None, "too much")


def test_later_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(answers(monkeypatch, "what?", "l"), request()) is None


def test_the_form_is_asked_in_its_types(monkeypatch: pytest.MonkeyPatch) -> None:
    console = answers(monkeypatch, "a", "lots", "12.5", "loud", "cold", "maybe", "y", "[1", '["x"]', "fine")
    answer = ask(console, request(form=FORM))
    assert answer == Answer("approved", {"amount": 12.5, "tone": "cold", "sure": True, "tags": ["x"]}, "fine")


def test_optional_fields_may_stay_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = ask(answers(monkeypatch, "a", "1", "warm", "", "", ""), request(form=FORM))
    assert answer is not None
    assert answer.data == {"amount": 1.0, "tone": "warm"}


def test_a_rejection_needs_no_form(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(answers(monkeypatch, "r", ""), request(form=FORM)) == Answer("rejected")


def test_keys_stay_apart() -> None:
    keys = shortcuts(["approved", "ask_again", "later_on", "rejected"])
    assert keys == {"a": "approved", "as": "ask_again", "la": "later_on", "r": "rejected"}


def test_choices_have_defaults() -> None:
    assert [name for name, _ in choices_of({})] == ["approved", "rejected"]
    assert choices_of({"decisions": [["go", "Go!"]]}) == [("go", "Go!")]


def test_automatic_approval_uses_the_defaults_of_the_form() -> None:
    assert automatic(request(form=FORM)) == Answer("approved", {"tone": "warm"})


@pytest.mark.parametrize("changes", [{"purpose": "intervention"}, {"decisions": [{"name": "retry", "label": "Retry"}]}])
def test_some_requests_need_a_person(changes: dict[str, Any]) -> None:
    with pytest.raises(CliError, match="cannot be approved automatically"):
        automatic(request(**changes))


def test_a_request_is_shown_whole_and_harmless() -> None:
    console = Console(file=io.StringIO(), width=100)
    show(console, request(body="Please [b]look\x1b[2J", payload={"amount": 5}, due_at="2026-01-01T00:00:00Z"))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for part in ("Pay?", "Please [b]look", '"amount": 5', "run r1", "step ask", "2026-01-01"):
        assert part in text
    assert "\x1b[2J" not in text


def helped(purpose: str, **payload: Any) -> dict[str, Any]:
    names = ("edit", "skip", "retry") if purpose == "intervention" else ("done", "compensate", "fail")
    decisions = [{"name": name, "label": name} for name in names]
    return request(purpose=purpose, decisions=decisions, form=FORM, payload=payload)


def test_the_settings_of_a_failed_step_are_edited_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = helped("intervention", settings={"code": "1 / 0"})
    typed = answers(monkeypatch, "edit", "{code", '{"code": "1"}', "typo")
    assert ask(typed, asked) == Answer("edit", {"code": "1"}, "typo")
    assert ask(answers(monkeypatch, "edit", "", ""), asked) == Answer("edit", {"code": "1 / 0"})
    assert ask(answers(monkeypatch, "skip", "[1]", ""), asked) == Answer("skip", [1])
    assert ask(answers(monkeypatch, "retry", ""), asked) == Answer("retry")


def test_what_somebody_found_out_is_the_output_of_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = helped("verification")
    assert ask(answers(monkeypatch, "done", '{"id": 7}', ""), asked) == Answer("done", {"id": 7})
    assert ask(answers(monkeypatch, "compensate", "", ""), asked) == Answer("compensate")
    assert ask(answers(monkeypatch, "fail", ""), asked) == Answer("fail")
    with pytest.raises(CliError, match="cannot be approved automatically"):
        automatic(asked)
