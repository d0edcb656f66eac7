"""`files`: the folder of the settings, through the file store; ids of other folders mean nothing here."""

from typing import Any, Final

from activities.step import Outcome, StepContext
from db.files import NewFile
from db.tables import File
from schemas.conversation import FilePart, ImagePart, Part
from schemas.errors import ErrorCode, PerdureError
from schemas.tools.result import ToolResult
from schemas.tools.types.files import FilesSettings

MAX_LISTED: Final = 100
_TEXT: Final = ("text/", "application/json", "application/xml", "application/yaml", "application/javascript")


async def run(settings: FilesSettings, name: str, arguments: dict[str, Any], context: StepContext) -> Outcome:
    """Lists, reads or writes.

    Raises:
        PerdureError: `invalid_input` for a file that is not there or cannot be read, and what the store raises.
    """
    if name == "list_files":
        return Outcome(output=await _listed(settings, context))
    if name == "read_file":
        return Outcome(output=await _read(settings, arguments, context))
    return Outcome(output=await _written(settings, arguments, context))


async def _listed(settings: FilesSettings, context: StepContext) -> dict[str, Any]:
    found = await context.services.files.listed(context.step.workspace_id, settings.folder, MAX_LISTED)
    return {"files": [_described(file) for file in found]}


async def _read(settings: FilesSettings, arguments: dict[str, Any], context: StepContext) -> Any:
    try:
        file = await context.services.files.read(context.step.workspace_id, arguments["file"], settings.folder)
    except PerdureError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        raise PerdureError(ErrorCode.INVALID_INPUT, error.info.message) from None
    if (part := _part(file)) is not None:
        return ToolResult(value=_described(file), parts=(part,))
    text, start = _text(file), arguments.get("start", 0)
    end = start + settings.max_chars
    more = {"next": end} if end < len(text) else {}
    return {**_described(file), "content": text[start:end], "characters": len(text), **more}


async def _written(settings: FilesSettings, arguments: dict[str, Any], context: StepContext) -> dict[str, Any]:
    step = context.step
    new = NewFile(
        folder=settings.folder,
        name=arguments["name"],
        data=arguments["content"].encode("utf-8", "replace"),
        created_by=f"run {step.run_id}",
        key=step.idempotency_key,
        run_id=step.run_id,
    )
    return _described(await context.services.files.write(step.workspace_id, new))


def _described(file: File) -> dict[str, Any]:
    created = file.created_at.isoformat(timespec="seconds")
    told = {"name": file.name, "media_type": file.media_type, "bytes": file.size, "created_at": created}
    return {"file": str(file.id), **told}


def _part(file: File) -> Part | None:
    """A file that models look at instead of reading its text."""
    if file.media_type in ("image/png", "image/jpeg", "image/gif", "image/webp"):
        return ImagePart(file=str(file.id))
    if file.media_type == "application/pdf":
        return FilePart(name=file.name, file=str(file.id))
    return None


def _text(file: File) -> str:
    if not file.media_type.startswith(_TEXT) and b"\0" in file.data[:4_096]:
        message = f"{file.name} holds {file.media_type}, which cannot be read as text."
        raise PerdureError(ErrorCode.INVALID_INPUT, message)
    return file.data.decode("utf-8-sig", "replace")
