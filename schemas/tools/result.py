"""What a call of a tool gives back to the model."""

import json
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from schemas.conversation import Part, TextPart

MAX_RESULT_CHARS: Final = 60_000
"""What a model reads of one result; the rest is cut off."""


class ToolResult(BaseModel):
    """Output of `tool_call`."""

    model_config = ConfigDict(frozen=True)

    value: Any = Field(default=None, description="What the tool gave back: text, or data.")
    is_error: bool = Field(default=False, description="Whether the call failed in a way that the model can react to.")
    parts: tuple[Part, ...] = Field(default=(), description="Images and files beside it.")

    @property
    def text(self) -> str:
        """What the model is told."""
        # Sorted, for a recorded result comes back from the database with its keys in another order.
        text = self.value if isinstance(self.value, str) else json.dumps(self.value, ensure_ascii=False, sort_keys=True)
        left_out = len(text) - MAX_RESULT_CHARS
        return text if left_out <= 0 else f"{text[:MAX_RESULT_CHARS]}\n[… {left_out:,} more characters were left out]"

    @property
    def content(self) -> tuple[Part, ...]:
        """The same as content of a message."""
        return (TextPart(text=self.text), *self.parts)

    @classmethod
    def failed(cls, message: str) -> "ToolResult":
        """A call that failed."""
        return cls(value=message, is_error=True)
