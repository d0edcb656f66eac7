"""The HTML of a published form, made from the input schema of its workflow. There is no script."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from api.links.page import page
from engine.foreign_text import markdown_html, one_line
from schemas.hooks import FormPage

MAX_FIELDS: Final = 100
_NUMBERS: Final = ("integer", "number")
_KINDS: Final = {"email": "email", "date": "date", "time": "time", "uri": "url"}
_LONG: Final = 200
"""Longer texts get a box of several lines."""

Field = tuple[str, dict[str, Any], bool]
"""Name, schema, and whether it is required."""


def fields_of(schema: dict[str, Any]) -> list[Field] | None:
    """The fields of a form; nothing if the schema holds what no plain form can ask for."""
    properties = schema.get("properties", {})
    if schema.get("type", "object") != "object" or not isinstance(properties, dict) or len(properties) > MAX_FIELDS:
        return None
    required = schema.get("required", [])
    fields = [(name, inner, name in required) for name, inner in properties.items() if isinstance(inner, dict)]
    return fields if all(_is_plain(inner) or not needed for _, inner, needed in fields) else None


def read_form(schema: dict[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """The input that somebody has entered; what cannot be read stays text, which the schema then refuses."""
    value: dict[str, Any] = {}
    for name, inner, _ in fields_of(schema) or []:
        if not _is_plain(inner):
            continue
        kind, entered = inner.get("type"), form.get(f"f:{name}", "").replace("\r\n", "\n")
        if kind == "boolean":
            value[name] = entered == "on"
        elif entered.strip():
            value[name] = _typed(kind, entered)
    return value


def form_page(
    look: FormPage, name: str, schema: dict[str, Any], token: str, *, entered: Mapping[str, str], problem: str = ""
) -> str:
    """The form, with what was entered before and what was wrong with it.

    Args:
        look: How it looks.
        name: Of the workflow.
        schema: Of its input.
        token: Sent with the form, so that sending it twice has one effect.
        entered: Fields as they were sent.
        problem: What is wrong with them.
    """
    title = look.title or name
    warning = f'<p class="warn" role="alert">{escape(problem)}</p>' if problem else ""
    fields = fields_of(schema)
    if fields is None:
        text = "This form cannot be filled in here: its workflow asks for more than plain fields."
        return page(title, f'<section><h1>{escape(one_line(title, 200))}</h1><p role="alert">{text}</p></section>')
    inputs = "".join(_field(*field, entered) for field in fields if _is_plain(field[1]))
    return page(
        title,
        f"{warning}<section><h1>{escape(one_line(title, 200))}</h1>{markdown_html(look.text, 10_000)}"
        f'<form method="post" autocomplete="on"><input type="hidden" name="token" value="{escape(token)}">{inputs}'
        f'<div class="buttons"><button class="main">{escape(one_line(look.button, 60))}</button></div></form>'
        "</section>",
    )


def thanks_page(look: FormPage, name: str) -> str:
    """What whoever has sent the form sees."""
    title = escape(one_line(look.title or name, 200))
    return page("Sent", f'<section><h1>{title}</h1><p role="status">{escape(look.thanks)}</p></section>')


def refused_page(message: str) -> str:
    """Why there is no form."""
    return page("No form", f'<section><h1>There is no form here</h1><p role="alert">{escape(message)}</p></section>')


def _is_plain(schema: dict[str, Any]) -> bool:
    return "enum" in schema or schema.get("type", "string") in ("string", "boolean", *_NUMBERS)


def _typed(kind: Any, entered: str) -> Any:
    try:
        if kind == "integer":
            return int(entered)
        return float(entered) if kind == "number" else entered
    except ValueError:
        return entered


def _field(name: str, schema: dict[str, Any], required: bool, entered: Mapping[str, str]) -> str:
    identity = escape(f"f:{name}")
    label = escape(one_line(str(schema.get("title") or name), 200))
    mark = "" if required else ' <span class="soft">(may stay empty)</span>'
    help_text = escape(one_line(str(schema.get("description") or ""), 500))
    value = entered.get(f"f:{name}", str(schema.get("default", "")))
    attributes = f'id="{identity}" name="{identity}"{" required" if required else ""}'
    if help_text:
        attributes += f' aria-describedby="h:{escape(name)}"'
    shown = f'<p class="soft" id="h:{escape(name)}">{help_text}</p>' if help_text else ""
    if schema.get("type") == "boolean":
        checked = " checked" if value in ("on", "True", "true") else ""
        attributes = attributes.replace(" required", "")
        return f'<p><label><input type="checkbox" {attributes}{checked}> {label}</label></p>{shown}'
    return f'<p><label for="{identity}">{label}{mark}</label>{_input(schema, attributes, value)}</p>{shown}'


def _input(schema: dict[str, Any], attributes: str, value: str) -> str:
    if isinstance(schema.get("enum"), list):
        options = "".join(
            f"<option{' selected' if str(one) == value else ''}>{escape(str(one))}</option>" for one in schema["enum"]
        )
        return f'<select {attributes}><option value=""></option>{options}</select>'
    kind = schema.get("type", "string")
    if kind in _NUMBERS:
        step = "1" if kind == "integer" else "any"
        return f'<input type="number" step="{step}" {attributes} value="{escape(value)}">'
    longest = schema.get("maxLength")
    if isinstance(longest, int):
        attributes += f' maxlength="{longest}"'
    form = schema.get("format")
    if form not in _KINDS and (not isinstance(longest, int) or longest > _LONG):
        return f"<textarea {attributes}>{escape(value)}</textarea>"
    return f'<input type="{_KINDS.get(str(form), "text")}" {attributes} value="{escape(value)}">'
