"""Bodies and answers of links."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.approvals.models import Approval


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class InspectLink(_Body):
    """Body of a look at a link."""

    token: str = Field(min_length=1, max_length=300)


class ConfirmLink(_Body):
    """Body of a decision by a link."""

    token: str = Field(min_length=1, max_length=300)
    decision: str = Field(min_length=1, max_length=64, description="Name of one of the request's `decisions`.")
    digest: str = Field(min_length=1, max_length=64, description="`digest` of the request as it was shown.")
    data: Any = Field(default=None, description="The filled-in form.")
    reason: str | None = Field(default=None, max_length=10_000)


class LinkedRequest(BaseModel):
    """What a link is about."""

    approval: Approval
    person: str = Field(description="E-mail address of the person whose answer it is.")
    workspace: str = Field(description="Name of the workspace.")
    changed: bool = Field(description="Whether the request has changed since the message that held the link.")
    expires_at: datetime
