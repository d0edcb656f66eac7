"""What agents and crews have in common: workflows of one node, saved and shown by the settings of that node."""

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field

from api.errors import FaultProblem
from api.workflows.draft_models import Body, Draft, NewSlug, Revision, Tag
from schemas.one_node import OneNode

LIMITS: Final = "Bounds of a run: `timeout`, `max_cost_usd`, `max_steps`, `max_parallel`."


class CreateOneNode(Body):
    """Body of creating one; it can be run when its draft is published."""

    name: str = Field(min_length=1, max_length=200)
    slug: NewSlug | None = Field(default=None, description="Made from the name by default.")
    description: str | None = Field(default=None, max_length=20_000)
    tags: list[Tag] = Field(default_factory=list, max_length=20)
    config: dict[str, Any] = Field(default_factory=dict)
    limits: dict[str, Any] | None = Field(default=None, description=LIMITS)


class SaveOneNode(Body):
    """Body of saving its draft; what it does not say stays."""

    config: dict[str, Any]
    name: str | None = Field(default=None, min_length=1, max_length=200, description="Stays as it is by default.")
    description: str | None = Field(default=None, max_length=20_000)
    limits: dict[str, Any] | None = Field(default=None, description=LIMITS)
    revision: Revision | None = Field(
        default=None, description="The revision that was edited; may stand in the header If-Match instead."
    )


class OneNodeDraft(BaseModel):
    """Its settings that people work on."""

    slug: str
    name: str
    description: str | None
    config: dict[str, Any]
    limits: dict[str, Any] | None
    revision: int = Field(description="Counts up with every save; send it back when you save.")
    faults: list[FaultProblem] = Field(description="Why it cannot be published; empty if it can.")
    base_version: int | None = Field(description="The version from which it was made; null if there was none.")
    changed: bool = Field(description="Whether it says anything else than the newest version.")
    saved_by: str
    saved_at: datetime


def saved_document(sort: OneNode, stored: dict[str, Any], body: SaveOneNode) -> dict[str, Any]:
    """The document of a draft after somebody saved it."""
    kept: dict[str, Any] = {"description": stored.get("description"), "limits": stored.get("limits")}
    said = body.model_dump(include=set(kept), exclude_unset=True)
    return sort.document(body.name or stored["name"], body.config, **{**kept, **said})


def shown(draft: Draft, config: dict[str, Any]) -> dict[str, Any]:
    """Values of `OneNodeDraft`."""
    of_document = {name: draft.document.get(name) for name in ("description", "limits")}
    return {**draft.model_dump(include=set(OneNodeDraft.model_fields)), **of_document, "config": config}
