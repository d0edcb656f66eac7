"""A crew as a workflow document: one node `crew`, whose settings are those of the crew."""

from typing import Final

from schemas.one_node import OneNode

CREWS: Final = OneNode(
    kind="crew",
    input_schema={
        "type": "object",
        "required": ["message"],
        "properties": {
            "message": {"description": "What the crew is asked: text, or any data."},
            "context": {"description": "Further values, which settings read as `input.context`."},
        },
    },
    given={"message": "{{ input.message }}"},
)
