"""What a person is asked about a step that cannot go on by itself. Pure."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from schemas.approvals import View
from schemas.compiler.kinds import shape_of
from schemas.nodes import specs


@dataclass(frozen=True)
class Question:
    """A request in the inbox, but for where it comes from."""

    purpose: Literal["approval", "intervention", "verification"]
    title: str
    body: str
    """Markdown."""
    payload: dict[str, Any]
    """Holds no secret: credentials are opened inside of activities only."""
    decisions: tuple[tuple[str, str], ...]
    form: dict[str, Any] | None = None
    show: tuple[View, ...] = ()
    owners_only: bool = False
    """Whether only owners of the workspace may answer."""


def quoted(text: str) -> str:
    """A text of somebody else as Markdown that shows it as it is, whatever it holds."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def counted(attempts: int) -> str:
    """`1 attempt`, `3 attempts`."""
    return f"{attempts} attempt" + ("s" if attempts != 1 else "")


@cache
def settings_form(kind: str) -> dict[str, Any]:
    """JSON Schema of the settings of a kind that a person may edit; graphs inside of them cannot be."""
    model = specs()[kind].config
    schema = model.model_json_schema()
    for graph in shape_of(model).graphs:
        schema["properties"].pop(graph, None)
        schema["required"] = [name for name in schema.get("required", []) if name != graph]
    if shape_of(model).graphs:
        schema.pop("$defs", None)
    return schema
