"""Asking a person in the terminal: shows what a run wants to know and brings back the decision."""

import json
from dataclasses import dataclass
from typing import Any

from rich.console import Console, Group
from rich.json import JSON
from rich.panel import Panel
from rich.prompt import Prompt
from rich.text import Text

from cli.client import ApiClient, ApiError
from cli.console import safe
from cli.errors import CliError

LATER = "later"
CONFLICT, UNPROCESSABLE = 409, 422
HELPED = ("intervention", "verification")
"""Purposes of requests about a step that cannot go on by itself."""
VALUED = ("skip", "done", "compensate")
"""Answers to them that hold the output of the step."""
_TYPES = {"integer": int, "number": float}


@dataclass(frozen=True)
class Answer:
    """What a person has decided."""

    decision: str
    data: Any = None
    reason: str | None = None


def choices_of(approval: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and label of every way to answer."""
    found = []
    for choice in approval.get("decisions") or ():
        if isinstance(choice, dict):
            found.append((str(choice.get("name")), str(choice.get("label") or choice.get("name"))))
        elif isinstance(choice, list | tuple) and len(choice) == 2:
            found.append((str(choice[0]), str(choice[1])))
        else:
            found.append((str(choice), str(choice)))
    return found or [("approved", "Approve"), ("rejected", "Reject")]


def shortcuts(names: list[str]) -> dict[str, str]:
    """The shortest key for each name: its first letter, or more where letters collide."""
    taken: dict[str, str] = {LATER[0]: LATER}
    for name in names:
        key = next((name[:length] for length in range(1, len(name)) if name[:length] not in taken), name)
        taken[key] = name
    del taken[LATER[0]]
    return taken


def show(console: Console, approval: dict[str, Any]) -> None:
    """Print the request."""
    parts: list[Any] = []
    if approval.get("body"):
        parts.append(Text(safe(approval["body"])))
    if approval.get("payload") is not None:
        parts.append(JSON(json.dumps(approval["payload"]), highlight=console.is_terminal))
    footer = f"run {approval.get('run_id')} · step {approval.get('path')}"
    if approval.get("due_at"):
        footer += f" · answer before {approval['due_at']}"
    parts.append(Text(safe(footer), style="dim"))
    title = Text(safe(approval.get("title") or approval.get("node_name") or "Approval"), style="bold")
    console.print(Panel(Group(*parts), title=title, title_align="left", border_style="yellow"))


def ask(console: Console, approval: dict[str, Any]) -> Answer | None:
    """Ask for a decision and the form's fields; nothing if the person will answer later."""
    choices = choices_of(approval)
    keys = shortcuts([name for name, _ in choices])
    labels = dict(choices)
    offer = "  ".join(f"[{key}] {labels[name]}" for key, name in keys.items()) + f"  [{LATER[0]}] later"
    console.print(Text(safe(offer)))
    while True:
        typed = Prompt.ask("decision", console=console).strip().lower()
        if typed in (LATER, LATER[0]):
            return None
        name = keys.get(typed) or (typed if typed in labels else None)
        if name is not None:
            data = _data(console, approval, name)
            reason = Prompt.ask("reason (may be empty)", console=console, default="", show_default=False).strip()
            return Answer(name, data, reason or None)
        console.print(Text("please type one of the keys above", style="yellow"))


def automatic(approval: dict[str, Any]) -> Answer:
    """The approving answer, with the form's defaults.

    Raises:
        CliError: There is no approving answer; a person must decide.
    """
    names = [name for name, _ in choices_of(approval)]
    if approval.get("purpose") in HELPED or "approved" not in names:
        title = approval.get("title") or approval.get("id")
        raise CliError(f"the request {title!r} cannot be approved automatically; decide with `perdure approve`")
    return Answer("approved", _defaults(approval.get("form")))


def decide(api: ApiClient, approval: dict[str, Any], answer: Answer) -> dict[str, Any]:
    """Send a decision about a request as it was shown.

    Raises:
        ApiError: 409 if somebody else was first, 422 if the form's data is wrong.
    """
    body = {
        "decision": answer.decision,
        "digest": approval.get("digest"),
        "data": answer.data,
        "reason": answer.reason,
    }
    body = {name: value for name, value in body.items() if value is not None}
    decided = api.post(f"/v1/approvals/{approval['id']}/decide", body)
    return decided if isinstance(decided, dict) else {}


def ask_until_decided(console: Console, api: ApiClient, approval: dict[str, Any]) -> bool:
    """Show a request, ask, and send the decision; wrong form data is asked for again. Whether it is decided now."""
    show(console, approval)
    while answer := ask(console, approval):
        try:
            decide(api, approval, answer)
        except ApiError as refused:
            console.print(Text(safe(refused), style="yellow"))
            if refused.status_code != UNPROCESSABLE:
                return refused.status_code == CONFLICT
        else:
            return True
    return False


def _data(console: Console, approval: dict[str, Any], decision: str) -> Any:
    """What goes with a decision: the form of an approval; of a step that waits for help, its settings or its output."""
    if approval.get("purpose") not in HELPED:
        return _fill_form(console, approval.get("form")) if decision != "rejected" else None
    if decision == "edit":
        settings = (approval.get("payload") or {}).get("settings")
        return _ask_json(console, "settings of the step, as JSON", settings)
    return _ask_json(console, "output of the step, as JSON", None) if decision in VALUED else None


def _ask_json(console: Console, label: str, default: Any) -> Any:
    while True:
        try:
            return json.loads(Prompt.ask(label, console=console, default=json.dumps(default)))
        except ValueError:
            console.print(Text("please type JSON", style="yellow"))


def _fill_form(console: Console, form: Any) -> dict[str, Any] | None:
    properties = form.get("properties") if isinstance(form, dict) else None
    if not isinstance(properties, dict) or not properties:
        return None
    required = set(form.get("required") or ())
    filled = {}
    for name, schema in properties.items():
        value = _ask_field(console, name, schema if isinstance(schema, dict) else {}, required=name in required)
        if value is not None:
            filled[name] = value
    return filled


def _ask_field(console: Console, name: str, schema: dict[str, Any], *, required: bool) -> Any:
    label = safe(schema.get("title") or name) + ("" if required else " (may be empty)")
    if schema.get("description"):
        console.print(Text(safe(schema["description"]), style="dim"))
    options = [str(option) for option in schema.get("enum") or ()]
    default = schema.get("default")
    while True:
        typed = Prompt.ask(
            label + (f" ({'/'.join(options)})" if options else ""),
            console=console,
            default="" if default is None else default if isinstance(default, str) else json.dumps(default),
            show_default=default is not None,
        )
        try:
            return None if typed == "" and not required else _parse(typed, schema)
        except ValueError as wrong:
            console.print(Text(safe(wrong), style="yellow"))


def _parse(typed: str, schema: dict[str, Any]) -> Any:
    """What was typed, as the type that the schema wants; the API checks everything else.

    Raises:
        ValueError: It cannot be read as that type.
    """
    kind = schema.get("type")
    options = schema.get("enum")
    if isinstance(options, list) and options:
        return _choice(typed, options)
    if kind == "boolean":
        if typed.lower() in ("y", "yes", "true", "1"):
            return True
        if typed.lower() in ("n", "no", "false", "0"):
            return False
        raise ValueError("please answer yes or no")
    if kind in _TYPES:
        try:
            return _TYPES[kind](typed)
        except ValueError:
            raise ValueError(f"please type a number ({kind})") from None
    if kind in ("object", "array"):
        try:
            return json.loads(typed)
        except ValueError:
            raise ValueError(f"please type JSON ({kind})") from None
    return typed


def _choice(typed: str, options: list[Any]) -> Any:
    for option in options:
        if str(option) == typed:
            return option
    raise ValueError(f"please type one of {', '.join(map(str, options))}")


def _defaults(form: Any) -> dict[str, Any] | None:
    properties = form.get("properties") if isinstance(form, dict) else None
    if not isinstance(properties, dict):
        return None
    return {
        name: schema["default"]
        for name, schema in properties.items()
        if isinstance(schema, dict) and "default" in schema
    }
