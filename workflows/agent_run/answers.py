"""What others read of what an agent gave back."""

from typing import Any


def answer_of(output: Any) -> Any:
    """Of the output of an agent its data, or what it said last; any other output as it is."""
    if isinstance(output, dict) and {"text", "output", "end"} <= set(output):
        return output["text"] if output["output"] is None else output["output"]
    return output
