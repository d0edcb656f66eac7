"""What a draft must be to be kept: shaped like a document, whatever else is wrong with it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from schemas.compiler.hygiene import sound
from schemas.compiler.report import Place, Report
from schemas.compiler.validation import validate
from schemas.faults import Fault


class DraftDocument(BaseModel):
    """The outline of a document; an editor can show anything that has it."""

    model_config = ConfigDict(extra="allow", strict=True)

    name: str | None = Field(default=None, max_length=200)
    description: str | None = Field(default=None, max_length=20_000)
    input: dict[str, Any] = Field(default_factory=dict)
    vars: dict[str, Any] = Field(default_factory=dict)
    limits: dict[str, Any] = Field(default_factory=dict)
    nodes: list[dict[str, Any]] = Field(default_factory=list)
    edges: list[dict[str, Any]] = Field(default_factory=list)
    layout: dict[str, dict[str, Any]] = Field(default_factory=dict)
    notes: list[dict[str, Any]] = Field(default_factory=list)
    groups: list[dict[str, Any]] = Field(default_factory=list)
    pins: dict[str, dict[str, Any]] = Field(default_factory=dict)


def outline_faults(raw: Any) -> list[Fault]:
    """Why a value cannot even be kept as a draft; empty if it can."""
    report = Report()
    document = sound(raw, report)
    if document is not None:
        validate(DraftDocument, document, Place(), report)
    return report.faults
