"""Faults of a workflow document: what the compiler and the source reader report, all at once."""

from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

Pointer = tuple[str | int, ...]
"""Place in a JSON value: keys and positions from the root."""


class FaultCode(StrEnum):
    """Stable codes, part of the public API: never renamed, never reused."""

    # the text
    INVALID_SYNTAX = "invalid_syntax"
    DUPLICATE_KEY = "duplicate_key"
    INVALID_TEXT = "invalid_text"
    LIMIT_EXCEEDED = "limit_exceeded"
    # the shape
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    INVALID_VALUE = "invalid_value"
    INVALID_SCHEMA = "invalid_schema"
    # nodes and edges
    UNKNOWN_KIND = "unknown_kind"
    DUPLICATE_ID = "duplicate_id"
    DANGLING_EDGE = "dangling_edge"
    DUPLICATE_EDGE = "duplicate_edge"
    UNKNOWN_PORT = "unknown_port"
    UNREACHABLE_NODE = "unreachable_node"
    # cycles
    IRREDUCIBLE_CYCLE = "irreducible_cycle"
    INVALID_LOOP = "invalid_loop"
    NOT_A_LOOP = "not_a_loop"
    # expressions
    INVALID_EXPRESSION = "invalid_expression"
    UNKNOWN_NAME = "unknown_name"
    UNKNOWN_NODE = "unknown_node"
    NOT_YET_RUN = "not_yet_run"
    # policies and references
    INVALID_TIMEOUT = "invalid_timeout"
    INVALID_COMPENSATION = "invalid_compensation"
    UNKNOWN_WORKFLOW = "unknown_workflow"
    UNKNOWN_CREDENTIAL = "unknown_credential"
    UNSUITABLE_CREDENTIAL = "unsuitable_credential"
    MISPLACED_CREDENTIAL = "misplaced_credential"


class Fault(BaseModel):
    """One thing that is wrong with a document."""

    model_config = ConfigDict(frozen=True)

    code: FaultCode
    node: str | None = Field(description="Dotted path of node ids, e.g. `each.send`; null if it is not about a node.")
    field: str | None = Field(description="Path inside the node or document, e.g. `with.cases[0].when`.")
    message: str = Field(description="One sentence: what is wrong and what to do.")
    pointer: Pointer = Field(description="Place in the document: keys and positions from its root.")
    line: int | None = Field(default=None, description="Line in the source text, from 1.")
    column: int | None = Field(default=None, description="Column in the source text, from 1.")

    def placed(self, line: int, column: int) -> "Fault":
        """The same fault with its place in the source text."""
        return self.model_copy(update={"line": line, "column": column})


def field_path(pointer: Iterable[str | int]) -> str:
    """`("with", "cases", 0, "when")` as `with.cases[0].when`."""
    text = ""
    for part in pointer:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def suggestion(name: str, known: Iterable[str]) -> str:
    """` Did you mean …?` for the known name nearest to a wrong one, or nothing."""
    near = get_close_matches(name[:100], list(known), n=1, cutoff=0.6)
    return f"; did you mean `{near[0]}`?" if near else "."


def listed(names: Iterable[str], limit: int = 10) -> str:
    """Names in backquotes, the first ten of them."""
    names = list(names)
    shown = ", ".join(f"`{name}`" for name in names[:limit])
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown
