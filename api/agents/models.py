"""Requests and answers about agents."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from api.workflows.draft_models import Body, Revision
from api.workflows.models import VersionSummary, WorkflowSummary
from api.workflows.one_node import CreateOneNode, OneNodeDraft, SaveOneNode
from schemas.agent_documents import WorkflowType
from schemas.conversation import Message, Part

_CONFIG = (
    "Settings of the node `agent` (see GET /v1/node-kinds): instructions, model, tools, limits, …; may have faults."
)
_CONFIRM = "Needed for a test: an agent decides by itself what it does, also outside."

Said = (
    Annotated[str, Field(min_length=1, max_length=200_000)] | Annotated[list[Part], Field(min_length=1, max_length=50)]
)
"""What is said to an agent: text, or parts of a message."""


def _messages(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for index, message in enumerate(given):
        try:
            Message.model_validate(message)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = ".".join(map(str, (index, *fault["loc"])))
            raise ValueError(f"{where} is no part of a message: {fault['msg']}") from None
    return given


History = Annotated[list[dict[str, Any]], AfterValidator(_messages)]


class AgentSummary(WorkflowSummary):
    """An agent."""

    model: str | None = Field(description="Model of the newest version, or of the draft if there is no version.")
    tools: list[str] = Field(description="Types of its tools, likewise.")


class AgentPage(BaseModel):
    """Agents by slug."""

    items: list[AgentSummary]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class AgentDetail(AgentSummary):
    """An agent with its latest versions."""

    versions: list[VersionSummary] = Field(description="The newest first, at most a hundred.")


class CreateAgent(CreateOneNode):
    """Body of creating an agent; it can be run when its draft is published."""

    name: str = Field(min_length=1, max_length=200, examples=["Support agent"])
    config: dict[str, Any] = Field(default_factory=dict, description=_CONFIG)


class SaveAgent(SaveOneNode):
    """Body of saving the draft of an agent; what it does not say stays."""

    config: dict[str, Any] = Field(description=_CONFIG)


class AgentDraft(OneNodeDraft):
    """The configuration of an agent that people work on."""


class AgentVersion(VersionSummary):
    """A version with its configuration."""

    slug: str
    name: str
    description: str | None
    config: dict[str, Any]
    limits: dict[str, Any] | None


class TalkToAgent(Body):
    """What a run of an agent is given."""

    message: Said = Field(description="Text, or parts: text, images, files.")
    history: History = Field(
        default_factory=list,
        max_length=2_000,
        description="What was said before, as messages: `role` (`user`, `assistant`, `tool`) and `content`, a list of "
        "parts; of an assistant `tool_calls` too, of a tool `tool_call_id`.",
    )
    context: Any = Field(default=None, description="Further values, which its instructions read as `input.context`.")

    def as_input(self) -> dict[str, Any]:
        """The input of the run."""
        told = self.model_dump(mode="json", include={"message", "history", "context"}, exclude_none=True)
        return {name: value for name, value in told.items() if value != []}


class StartAgentRun(TalkToAgent):
    """Body of a start."""

    version: int | None = Field(default=None, ge=1, le=2**31 - 1, description="Version; the newest by default.")


class TryAgent(TalkToAgent):
    """Body of a test of the draft."""

    revision: Revision | None = Field(default=None, description="The revision to run; the newest by default.")
    confirm: bool = Field(default=False, description=_CONFIRM)


class AgentUse(BaseModel):
    """Something that names an agent."""

    slug: str
    name: str
    type: WorkflowType
    version: int | None = Field(description="Its newest version names the agent; null if only the draft does.")
    draft: bool = Field(description="Whether its draft does.")
    references: list[str] = Field(description="As written: `slug` or `slug@3`.")


class AgentUses(BaseModel):
    """All workflows and agents that name an agent, by slug."""

    items: list[AgentUse]
