"""What the routes of prompts take and give."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.prompts import MAX_PROMPT_CHARS, NAME_PATTERN

Text = Annotated[str, Field(min_length=1, max_length=MAX_PROMPT_CHARS)]
Note = Annotated[str, Field(max_length=500)]


class CreatePrompt(BaseModel):
    """A prompt with its first version."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=NAME_PATTERN, description="By which documents name it.")
    description: str = Field(default="", max_length=2_000)
    text: Text = Field(description="`{name}` stands for a variable.")
    note: Note | None = Field(default=None, description="Why it was written.")


class CreateVersion(BaseModel):
    """A further version; it is in use nowhere until a label names it."""

    model_config = ConfigDict(extra="forbid")

    text: Text = Field(description="`{name}` stands for a variable.")
    note: Note | None = Field(default=None, description="Why it was changed.")


class SetLabel(BaseModel):
    """Which version a label names."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1)


class Label(BaseModel):
    """A label, such as production."""

    label: str
    version: int
    updated_at: datetime
    updated_by: str


class PromptVersionSummary(BaseModel):
    """A version without its text."""

    version: int
    variables: list[str]
    note: str | None
    created_at: datetime
    created_by: str


class Version(PromptVersionSummary):
    """A version."""

    text: str


class PromptSummary(BaseModel):
    """A prompt in a list."""

    name: str
    description: str
    latest: int = Field(description="Its newest version.")
    labels: list[Label]


class Prompt(PromptSummary):
    """A prompt with all that it has been."""

    versions: list[PromptVersionSummary] = Field(description="The newest first.")


class PromptPage(BaseModel):
    """A page of prompts, by name."""

    items: list[PromptSummary]
    next_cursor: str | None


class PromptDiff(BaseModel):
    """What differs between two versions."""

    before: int
    after: int
    lines: list[str] = Field(description="Lines as `diff -u` writes them: ` ` kept, `-` removed, `+` added.")
    variables_added: list[str]
    variables_removed: list[str]


class PromptUser(BaseModel):
    """A workflow or agent whose latest version or draft names the prompt."""

    slug: str
    name: str
    type: str
    version: int | None = Field(description="Its latest version, if that names the prompt.")
    draft: bool = Field(description="Whether its draft does.")
    references: list[str]


class PromptUsers(BaseModel):
    """Who uses a prompt."""

    items: list[PromptUser]
