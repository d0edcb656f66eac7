"""Requests and answers about crews."""

from typing import Any

from pydantic import BaseModel, Field

from api.workflows.draft_models import Body, Revision
from api.workflows.models import WorkflowSummary
from api.workflows.one_node import CreateOneNode, OneNodeDraft, SaveOneNode

_CONFIG = (
    "Settings of the node `crew` (see GET /v1/node-kinds): process, agents, tasks, manager, judge, budget_usd, memory, "
    "…; may have faults."
)


class CrewPage(BaseModel):
    """Crews by slug."""

    items: list[WorkflowSummary]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class CreateCrew(CreateOneNode):
    """Body of creating a crew; it can be run when it is published."""

    name: str = Field(min_length=1, max_length=200, examples=["Newsroom"])
    config: dict[str, Any] = Field(default_factory=dict, description=_CONFIG)


class SaveCrew(SaveOneNode):
    """Body of saving the draft of a crew; what it does not say stays."""

    config: dict[str, Any] = Field(description=_CONFIG)


class Crew(OneNodeDraft):
    """A crew as people work on it: its draft."""


class AskCrew(Body):
    """What a run of a crew is given."""

    message: Any = Field(description="What the crew is asked: text, or any data.")
    context: Any = Field(default=None, description="Further values, which settings read as `input.context`.")

    def as_input(self) -> dict[str, Any]:
        """The input of the run."""
        return {"message": self.message, **({} if self.context is None else {"context": self.context})}


class StartCrewRun(AskCrew):
    """Body of a start."""

    version: int | None = Field(default=None, ge=1, le=2**31 - 1, description="Version; the newest by default.")


class TryCrew(AskCrew):
    """Body of a test of the draft."""

    revision: Revision | None = Field(default=None, description="The revision to run; the newest by default.")
    confirm: bool = Field(
        default=False, description="Needed for a test: agents decide by themselves what they do, also outside."
    )
