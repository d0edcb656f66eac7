"""Prompts of the store: variables in their text, and references to them in documents. Pure.

    with:
      instructions: {$prompt: support@production, variables: {tone: friendly}}

A label is looked up, and the text put in its place, when the document is checked or published: a version that was
published keeps the text that it was published with.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.faults import Pointer

MARKER: Final = "$prompt"
NAME_PATTERN: Final = r"^[a-z0-9][a-z0-9_-]{0,99}$"
LABEL_PATTERN: Final = r"^[a-z][a-z0-9_-]{0,49}$"
DEFAULT_LABEL: Final = "production"
MAX_PROMPT_CHARS: Final = 200_000

_REFERENCE: Final = re.compile(r"([a-z0-9][a-z0-9_-]{0,99})(?:@([a-z][a-z0-9_-]{0,49}|[1-9][0-9]{0,8}))?")
_VARIABLE: Final = re.compile(r"(?<!\{)\{([a-z_][a-z0-9_]{0,62})\}(?!\})")


@dataclass(frozen=True)
class PromptUse:
    """A place in a document that names a prompt."""

    pointer: Pointer
    name: str
    at: str
    """Label, or number of a version."""
    variables: Mapping[str, Any]
    problem: str | None = None


def variables_of(text: str) -> list[str]:
    """Names that stand in single braces, in their order; `{{ … }}` stays an expression of the workflow."""
    return list(dict.fromkeys(_VARIABLE.findall(text)))


def rendered(text: str, variables: Mapping[str, Any]) -> str:
    """The text with variables in their places; those that are not given stay."""
    return _VARIABLE.sub(lambda found: str(variables.get(found[1], found[0])), text)


def prompt_uses(document: Any) -> Iterator[PromptUse]:
    """Every place in a raw document that names a prompt, rightly or not."""
    stack: list[tuple[Pointer, Any]] = [((), document)]
    while stack:
        pointer, top = stack.pop()
        if isinstance(top, dict):
            if MARKER in top:
                yield _use(pointer, top)
            else:
                stack.extend(((*pointer, key), item) for key, item in top.items())
        elif isinstance(top, list):
            stack.extend(((*pointer, index), item) for index, item in enumerate(top))


def _use(pointer: Pointer, marker: dict[str, Any]) -> PromptUse:
    named = marker[MARKER]
    found = _REFERENCE.fullmatch(named) if isinstance(named, str) else None
    variables = marker.get("variables", {})
    if found is None:
        problem = f"`{MARKER}` must be the name of a prompt, with a label or version as in support@production."
        return PromptUse(pointer, "", "", {}, problem)
    if set(marker) - {MARKER, "variables"} or not isinstance(variables, dict):
        problem = f"Beside `{MARKER}` only `variables` may stand, an object."
        return PromptUse(pointer, found[1], found[2] or DEFAULT_LABEL, {}, problem)
    return PromptUse(pointer, found[1], found[2] or DEFAULT_LABEL, variables)


def put(document: Any, texts: Mapping[Pointer, str], place: Pointer = ()) -> Any:
    """A copy of a document with texts in some places of it."""
    if place in texts:
        return texts[place]
    if isinstance(document, dict):
        return {key: put(item, texts, (*place, key)) for key, item in document.items()}
    if isinstance(document, list):
        return [put(item, texts, (*place, index)) for index, item in enumerate(document)]
    return document
