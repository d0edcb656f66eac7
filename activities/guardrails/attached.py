"""What stands in the files of a conversation, as far as it can be read."""

import asyncio
import base64
from collections.abc import Sequence

from activities.knowledge.extraction import extract
from activities.llm.attachments import FileReader, with_files
from schemas.conversation import FilePart, ImagePart, Message, MessageRole, Part, TextPart
from schemas.errors import PerdureError


async def texts_of(parts: Sequence[Part], files: FileReader, workspace_id: str) -> list[str | None]:
    """The text of each file as a model reads it; None for images, and for what has no text to be read.

    Raises:
        PerdureError: `not_found`, `invalid_config` for a file that no model could read either.
    """
    [message] = await with_files((Message(role=MessageRole.USER, content=tuple(parts)),), files, workspace_id)
    return [await asyncio.to_thread(_text, part) for part in message.content]


def name_of(part: FilePart | ImagePart) -> str:
    """What people know it by."""
    return part.name if isinstance(part, FilePart) else f"image {part.file or part.url or ''}".strip()


def _text(part: Part) -> str | None:
    if isinstance(part, TextPart):
        return part.text
    if not isinstance(part, FilePart):
        return None
    try:
        sections = extract(part.name, part.media_type or "", base64.b64decode(part.data or ""))
    except (PerdureError, ValueError):
        return None
    text = "\n\n".join(section.text for section in sections)
    return f"<file name={part.name!r}>\n{text}\n</file>" if text.strip() else None
