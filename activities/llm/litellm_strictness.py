"""Holds LiteLLM to the whole answer: as shipped it skips stream events that are not JSON, and text goes missing."""

import json
from typing import Any


def refuse_unreadable_events() -> None:
    """Make its stream readers fail on such an event; called once after the import, for the version we pin."""
    from litellm.llms.base_llm.base_model_iterator import BaseModelResponseIterator

    BaseModelResponseIterator._string_to_dict_parser = staticmethod(read_event)  # type: ignore[method-assign]


def read_event(str_line: str) -> dict[str, Any] | None:
    """The JSON object of a line of a stream; None for lines that carry none.

    Raises:
        ValueError: if the line ought to carry one and does not.
    """
    field, colon, data = str_line.strip().partition(":")
    if field != "data" or not colon:
        # Some vendors send bare JSON lines; a line that is neither is an event name or a comment.
        return json.loads(str_line) if field.startswith("{") else None
    data = data.strip()
    if not data or data == "[DONE]":
        return None
    value = json.loads(data)
    return value if isinstance(value, dict) else None
