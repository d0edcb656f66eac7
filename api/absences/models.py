"""Requests and answers about absences."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from api.identity.models import Body


class AbsenceContent(Body):
    """When somebody is away, and who answers in their place."""

    substitute_id: UUID = Field(description="A member who may decide. If they are away too, nobody answers for both.")
    starts_at: AwareDatetime
    ends_at: AwareDatetime

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("`ends_at` must be later than `starts_at`")
        return self


class CreateAbsence(AbsenceContent):
    """Body of an absence of somebody else."""

    user_id: UUID = Field(description="The member who is away.")


class Absence(BaseModel):
    """When a member is away, and who answers in their place."""

    id: UUID
    user_id: UUID
    user: str = Field(description="E-mail address.")
    substitute_id: UUID
    substitute: str
    substitute_away: bool = Field(description="Whether the substitute is away for a part of that time too.")
    starts_at: datetime
    ends_at: datetime
    created_at: datetime


class AbsencePage(BaseModel):
    """Absences, the earliest first."""

    items: list[Absence]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")
