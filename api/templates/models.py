"""Answers about templates."""

from typing import Any

from pydantic import BaseModel, Field

from schemas.agent_documents import WorkflowType


class Template(BaseModel):
    """A workflow or agent that does something useful as it stands, and can be made one's own."""

    template: str = Field(description="Its name here.", examples=["refund-triage"])
    type: WorkflowType = Field(description="An agent is made of the settings of its one node, by `POST /v1/agents`.")
    name: str
    description: str
    category: str = Field(examples=["Support"])
    teaches: list[str] = Field(description="What it shows, in a few words each.")
    kinds: list[str] = Field(description="Kinds of its nodes, in the order of the document, bodies of loops included.")
    text: str = Field(description="The document as YAML with its comments; import it to make it a workflow.")
    document: dict[str, Any] = Field(description="The same as data.")


class TemplateList(BaseModel):
    """All templates, in the order of the gallery."""

    items: list[Template]
