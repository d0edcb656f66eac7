"""What the routes of files take and give."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.base64_text import Base64Text
from schemas.tools.types.files import FOLDER_PATTERN

Folder = Annotated[str, Field(pattern=FOLDER_PATTERN, max_length=600)]


class UploadFile(BaseModel):
    """A file to keep; the server gives it its id, and its content never changes."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, description="Name with its ending.")
    data: Base64Text = Field(max_length=4_200_000, description="Content as base64; three megabytes at most.")
    media_type: str | None = Field(default=None, max_length=200, description="By the name, if it is not given.")
    folder: Folder = Field(default="uploads", description="Where agents find it: their tool shows one folder.")


class File(BaseModel):
    """A file, without its content."""

    id: UUID
    folder: str
    name: str
    media_type: str
    size: int = Field(description="Bytes.")
    sha256: str
    run_id: UUID | None = Field(description="Run that wrote it.")
    created_at: datetime
    created_by: str


class FilePage(BaseModel):
    """A page of files, the newest first."""

    items: list[File]
    next_cursor: str | None
