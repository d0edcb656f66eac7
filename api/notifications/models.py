"""Bodies and answers about notifications."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictBool, field_validator, model_validator

from engine.mail_settings import checked_sender
from schemas.notifications import ROOM_EVENTS, ChannelKind, MessageStatus, Notice, Preferences

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MailServer(_Body):
    """A mail server of the workspace itself, instead of the installation's."""

    host: str = Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:-]+$")
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = Field(max_length=320, description="`From` of every mail, such as `Perdure <bot@example.com>`.")
    username: str | None = Field(default=None, max_length=320)

    @field_validator("sender")
    @classmethod
    def _is_sender(cls, value: str) -> str:
        return checked_sender(value)


class CreateOwnChannel(_Body):
    """Body of a new place of one's own."""

    name: Name
    kind: Literal["slack", "teams", "webhook"]
    url: SecretStr = Field(description="Address of the incoming webhook; never shown again.", max_length=2_000)


class CreateChannel(_Body):
    """Body of a new room, or of the workspace's own mail server."""

    name: Name
    kind: ChannelKind
    url: SecretStr | None = Field(default=None, description="Of a webhook; never shown again.", max_length=2_000)
    mail: MailServer | None = Field(default=None, description="Only for the kind `email`.")
    password: SecretStr | None = Field(default=None, max_length=1_000, description="Of the mail server.")
    events: list[Notice] = Field(default=list(ROOM_EVENTS), max_length=20, description="What the room hears of.")

    @model_validator(mode="after")
    def _is_complete(self) -> "CreateChannel":
        if self.kind == "email" and (self.mail is None or self.url is not None):
            raise ValueError("a channel of the kind email needs `mail`, and has no `url`")
        if self.kind != "email" and (self.url is None or self.mail is not None or self.password is not None):
            raise ValueError(f"a channel of the kind {self.kind} needs `url`, and has neither `mail` nor `password`")
        return self


class UpdateChannel(_Body):
    """Body of a change of a channel; what is null stays."""

    name: Name | None = None
    url: SecretStr | None = Field(default=None, max_length=2_000)
    mail: MailServer | None = None
    password: SecretStr | None = Field(default=None, max_length=1_000)
    events: list[Notice] | None = Field(default=None, max_length=20)
    enabled: StrictBool | None = None


class Channel(BaseModel):
    """Where messages go; without its secrets."""

    id: UUID
    name: str
    kind: ChannelKind
    hint: str = Field(description="Enough of its address to recognise it.")
    mail: MailServer | None
    events: list[Notice]
    enabled: bool
    created_at: datetime
    created_by: str


class CreatedChannel(Channel):
    """A new channel."""

    signing_secret: str | None = Field(
        description="With it a webhook's receiver checks signatures (Standard Webhooks); shown only now."
    )


class ChannelList(BaseModel):
    """All channels."""

    items: list[Channel]


class OwnNotifications(BaseModel):
    """What the caller hears of, and where."""

    preferences: Preferences
    channels: list[Channel] = Field(description="The caller's own.")


class SentMessage(BaseModel):
    """A message that was sent, waits to be sent, or could not be."""

    id: UUID
    event: str = Field(description="A notice, or `digest`, `test`, `invitation`.")
    kind: ChannelKind
    address: str = Field(description="E-mail address, or name of the channel.")
    user_id: UUID | None
    channel_id: UUID | None
    approval_id: UUID | None
    status: MessageStatus
    held: bool = Field(description="Waits for the end of quiet hours, or for a digest.")
    send_after: datetime
    attempts: int
    error: str | None
    uncertain: bool = Field(description="It may have arrived more than once: an answer of the other side was lost.")
    created_at: datetime
    sent_at: datetime | None


class MessagePage(BaseModel):
    """Messages, the newest first."""

    items: list[SentMessage]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")
