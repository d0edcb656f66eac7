"""Puts the bytes of stored files into a conversation, right before a model is asked."""

import asyncio
import base64
from typing import Final, Protocol

from activities.text import clean_text
from schemas.conversation import FilePart, ImagePart, Message, Part, TextPart
from schemas.errors import ErrorCode, PerdureError

MAX_BYTES: Final = 20 * 1024 * 1024
"""Of one image or file; vendors take no more."""

_PDF: Final = "application/pdf"
_TEXT_TYPES: Final = frozenset(
    {"application/json", "application/xml", "application/yaml", "application/x-yaml", "application/javascript"}
)


class Content(Protocol):
    """What a stored file holds."""

    @property
    def media_type(self) -> str:
        """Such as `application/pdf`."""

    @property
    def data(self) -> bytes:
        """All of it."""


class FileReader(Protocol):
    """Reads the files of a workspace."""

    async def read(self, workspace_id: str, file_id: str) -> Content:
        """The content of a file.

        Raises:
            PerdureError: `not_found` if the workspace has no such file.
        """


async def with_files(messages: tuple[Message, ...], files: FileReader, workspace_id: str) -> tuple[Message, ...]:
    """The conversation with the content of every file that it names; text files become text.

    Raises:
        PerdureError: `not_found`, `invalid_config` for a file of a kind or size that models cannot read.
    """
    return tuple([await _with_files(message, files, workspace_id) for message in messages])


async def _with_files(message: Message, files: FileReader, workspace_id: str) -> Message:
    if not any(isinstance(part, ImagePart | FilePart) for part in message.content):
        return message
    parts = tuple([await _filled(part, files, workspace_id) for part in message.content])
    return message.model_copy(update={"content": parts})


async def _filled(part: Part, files: FileReader, workspace_id: str) -> Part:
    if not isinstance(part, ImagePart | FilePart):
        return part
    if part.file is not None:
        stored = await files.read(workspace_id, part.file)
        part = await asyncio.to_thread(_with_content, part, stored.media_type, stored.data)
    return _readable(part) if isinstance(part, FilePart) else part


def _with_content(part: ImagePart | FilePart, media_type: str, content: bytes) -> ImagePart | FilePart:
    if len(content) > MAX_BYTES:
        raise PerdureError(
            ErrorCode.INVALID_CONFIG,
            f"The file {part.file} has {len(content):,} bytes; models read at most {MAX_BYTES:,}.",
        )
    kind = media_type.partition(";")[0].strip().lower()
    if isinstance(part, ImagePart) and not kind.startswith("image/"):
        raise PerdureError(ErrorCode.INVALID_CONFIG, f"The file {part.file} is {kind}, which is no image.")
    data = base64.b64encode(content).decode("ascii")
    return part.model_copy(update={"media_type": kind, "data": data, "file": None})


def _readable(part: FilePart) -> Part:
    """The file in a form that every vendor takes."""
    kind = part.media_type or ""
    if kind == _PDF:
        return part
    if kind.startswith("image/"):
        return ImagePart(media_type=kind, data=part.data)
    if kind.startswith("text/") or kind in _TEXT_TYPES:
        text = base64.b64decode(part.data or "").decode("utf-8", "replace")
        return TextPart(text=f"<file name={part.name!r}>\n{clean_text(text)}\n</file>")
    raise PerdureError(
        ErrorCode.INVALID_CONFIG,
        f"The file {part.name!r} is {kind}; models read images, PDF and text, so convert it first.",
    )
