"""Bodies and answers about hooks."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictBool

from api.runs.models import Slug
from schemas.errors import ErrorInfo
from schemas.hooks import HookKind, HookSettings

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Secret = Annotated[SecretStr, Field(min_length=8, max_length=500)]
DeliveryStatus = Literal["started", "ignored", "failed", "refused"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HookContent(_Body):
    """What a hook says."""

    name: Name
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        default=None, description="Version; the newest at each start by default."
    )
    settings: HookSettings = HookSettings()
    enabled: StrictBool = Field(default=True, description="A hook that is not answers 404.")


class CreateHook(HookContent):
    """Body of a new hook."""

    workflow: Slug = Field(description="Slug of the workflow.")
    kind: HookKind = HookKind.WEBHOOK
    secret: Secret | None = Field(
        default=None, description="With which the sender signs; one is made if the signature needs it."
    )


class UpdateHook(HookContent):
    """Body of a change."""

    secret: Secret | None = Field(
        default=None,
        description="Another secret, beside which the one before counts for a day; one is made if a signature needs "
        "it and there is none.",
    )


class RotateHook(_Body):
    """Body of a new secret or address."""

    what: Literal["secret", "address"]
    secret: Secret | None = Field(default=None, description="The new secret; one is made by default.")


class Sample(_Body):
    """Something that could come in."""

    body: Any = None
    headers: dict[str, str] = Field(default_factory=dict, max_length=100, description="Names in lower case.")
    query: dict[str, str] = Field(default_factory=dict, max_length=100)


class PreviewHook(_Body):
    """Body of a look at what a hook would do."""

    workflow: Slug
    settings: HookSettings
    delivery: UUID | None = Field(default=None, description="Something that came in before.")
    sample: Sample | None = Field(default=None, description="Or something that could.")


class HookPreview(BaseModel):
    """What a hook would do."""

    starts: bool = Field(description="Whether a run would be started.")
    ignored: bool = Field(description="Whether the filter keeps it out.")
    delivery_id: str | None
    input: Any
    problem: str | None = Field(description="Why no run would be started.")


class Hook(BaseModel):
    """A hook."""

    id: UUID
    workflow: str = Field(description="Slug of the workflow.")
    kind: HookKind
    name: str
    version: int | None
    settings: HookSettings
    enabled: bool
    path: str = Field(description="Path of its address. Whoever knows it may send; keep it like a password.")
    has_secret: bool
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class HookWithSecret(Hook):
    """A hook that was just made, or has a new secret."""

    secret: str | None = Field(description="With which the sender signs; shown only now.")


class Form(BaseModel):
    """A form as its page shows it."""

    id: UUID
    title: str
    text: str = Field(description="Markdown above the fields.")
    button: str
    input_schema: dict[str, Any] = Field(description="JSON Schema of what is asked for.")


class SendForm(_Body):
    """A form that somebody has filled in."""

    input: Any = Field(description="Checked against the schema of the form.")
    token: UUID = Field(description="Of the page that was opened; what is sent twice under it counts once.")


class FormSent(BaseModel):
    """What came of a form that was sent."""

    run_id: UUID | None = Field(description="Null if the form's filter kept it out.")
    repeated: bool = Field(description="It was sent before, and nothing has happened now.")
    thanks: str


class HookPage(BaseModel):
    """Hooks, the newest first."""

    items: list[Hook]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class HookDelivery(BaseModel):
    """Something that came in."""

    id: UUID
    delivery_id: str | None = Field(description="As its sender calls it.")
    status: DeliveryStatus = Field(
        description="`ignored`: kept out by the filter; `failed`: let in, but no run could be started; `refused`: not "
        "let in, for example for its signature."
    )
    error: ErrorInfo | None
    content_type: str
    size: int = Field(description="Bytes of the body.")
    address: str
    run_id: UUID | None
    repeats: UUID | None = Field(description="The delivery that somebody let in once more.")
    seen: int = Field(description="How often its sender has sent it.")
    received_at: datetime


class HookDeliveryDetail(HookDelivery):
    """Something that came in, with all that is kept of it."""

    headers: dict[str, str]
    query: dict[str, Any]
    body: Any


class HookDeliveryPage(BaseModel):
    """What came in, the newest first."""

    items: list[HookDelivery]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")
