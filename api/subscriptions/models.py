"""Bodies and answers about subscriptions."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictBool

from api.runs.models import Slug
from schemas.callbacks import CallbackEvent

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Url = Annotated[SecretStr, Field(max_length=2_000, description="Where to post; never shown again.")]
DeliveryStatus = Literal["pending", "sending", "sent", "failed", "skipped"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CreateSubscription(_Body):
    """Body of a new subscription."""

    name: Name
    url: Url
    events: list[CallbackEvent] = Field(min_length=1, max_length=50)
    workflows: list[Slug] | None = Field(
        default=None, min_length=1, max_length=200, description="Only of these (slugs); all by default."
    )


class UpdateSubscription(_Body):
    """Body of a change; what is left out stays."""

    name: Name | None = None
    url: Url | None = None
    events: list[CallbackEvent] | None = Field(default=None, min_length=1, max_length=50)
    workflows: list[Slug] | None = Field(
        default=None, min_length=1, max_length=200, description="Only of these (slugs); null: all."
    )
    enabled: StrictBool | None = None


class Subscription(BaseModel):
    """A program outside that hears of runs and approvals."""

    id: UUID
    name: str
    events: list[str]
    workflows: list[str] | None
    hint: str = Field(description="Enough of the address to recognise it.")
    enabled: bool
    disabled_reason: str | None = Field(description="Why Perdure has disabled it.")
    failing_since: datetime | None
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class SubscriptionWithSecret(Subscription):
    """A subscription that was just made, or has a new secret."""

    signing_secret: str = Field(description="With it the receiver checks signatures (Standard Webhooks); shown once.")


class SubscriptionPage(BaseModel):
    """Subscriptions, the newest first."""

    items: list[Subscription]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class Attempt(BaseModel):
    """One attempt to deliver a callback."""

    at: datetime | None = Field(description="When it was over; null if the worker died under it.")
    status: int | None = Field(description="HTTP status of the answer.")
    error: str | None
    duration_ms: int | None


class Callback(BaseModel):
    """One event for one subscription, and what became of it."""

    id: UUID
    message_id: str = Field(description="`webhook-id`; the same at every attempt and redelivery.")
    event: str
    run_id: UUID | None
    status: DeliveryStatus
    attempts: int
    log: list[Attempt] = Field(description="The latest hundred attempts that are over, the first one first.")
    response_status: int | None = Field(description="HTTP status of the last answer.")
    error: str | None
    duration_ms: int | None
    uncertain: bool = Field(description="It may have arrived more than once: an answer was lost.")
    repeats: UUID | None = Field(description="The delivery that somebody repeats by this one.")
    body: Any = Field(description="What is sent; null before the first attempt.")
    created_at: datetime
    sent_at: datetime | None


class CallbackPage(BaseModel):
    """The log of a subscription, the newest first."""

    items: list[Callback]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")
