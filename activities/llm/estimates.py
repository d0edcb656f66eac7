"""How large a call may become, before it is made: rather too much than too little."""

import json
from typing import Final

from activities.llm.call import ModelCall
from schemas.conversation import FilePart, ImagePart, Message, TextPart

_IMAGE: Final = 2_500
"""Tokens of an image; vendors scale down what would take more."""
_FILE_BYTES: Final = 12
"""Bytes of a PDF per token, about: a page of text has 2,000 tokens and is seldom below 24 kB."""
_LEAST_FILE: Final = 3_000
_MESSAGE: Final = 8
_TOOL: Final = 20


def tokens_of(text: str) -> int:
    """Tokens of a text, at most nearly always: three letters of European languages, a character of others."""
    plain = sum(1 for char in text if char.isascii()) if not text.isascii() else len(text)
    return plain // 3 + (len(text) - plain) + 1


def tokens_in(call: ModelCall) -> int:
    """Tokens that a call sends."""
    tools = sum(_TOOL + tokens_of(tool.name + tool.description + json.dumps(tool.input_schema)) for tool in call.tools)
    shape = 0 if call.output_schema is None else tokens_of(json.dumps(call.output_schema))
    return tokens_of(call.system or "") + tools + shape + sum(_message(message) for message in call.messages)


def _message(message: Message) -> int:
    calls = sum(_TOOL + tokens_of(call.name + json.dumps(call.arguments)) for call in message.tool_calls)
    return _MESSAGE + calls + sum(_part(part) for part in message.content)


def _part(part: object) -> int:
    if isinstance(part, ImagePart):
        return _IMAGE
    if isinstance(part, FilePart):
        return max(len(part.data or "") * 3 // 4 // _FILE_BYTES, _LEAST_FILE)
    if isinstance(part, TextPart):
        return tokens_of(part.text)
    return tokens_of(getattr(part, "text", "") + (getattr(part, "data", None) or ""))
