"""How people hear of requests: events, channels, what a person wants, and what travels through Temporal for it."""

from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.messages import Message

DELIVER: Final = "deliver_message"
"""Workflow type of the delivery of one message."""

EMAIL: Final = "email"
"""The channel that everybody has."""


class Notice(StrEnum):
    """What people can be told of. Part of the public API."""

    OPENED = "opened"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    DELEGATED = "delegated"
    DECIDED = "decided"
    EXPIRED = "expired"
    COMMENTED = "commented"
    HANDED_OVER = "handed_over"
    """An agent, or somebody, has given a conversation to people."""


CALLS: Final = (Notice.OPENED, Notice.REMINDED, Notice.ESCALATED, Notice.DELEGATED)
"""These ask somebody to answer, and mean nothing once the request is settled."""

DIGEST, TEST, INVITATION, DISABLED = "digest", "test", "invitation", "subscription_disabled"
NOT_REVOKED: Final = "revocation_failed"
"""Messages that no request causes by itself."""

ROOM_EVENTS: Final = (Notice.OPENED, Notice.ESCALATED, Notice.DECIDED, Notice.EXPIRED, Notice.HANDED_OVER)
"""What a new room hears of."""

ChannelKind = Literal["email", "slack", "teams", "webhook"]
MessageStatus = Literal["pending", "sending", "sent", "failed", "skipped"]

_TIME: Final = r"^([01]\d|2[0-3]):[0-5]\d$"


def _by_mail() -> dict[Notice, list[str]]:
    return {notice: [] if notice is Notice.DECIDED else [EMAIL] for notice in Notice}


class QuietHours(BaseModel):
    """When nobody wants to hear anything."""

    model_config = ConfigDict(extra="forbid")

    start: str = Field(pattern=_TIME, description="Local time such as 20:00.")
    end: str = Field(pattern=_TIME, description="Local time; before `start` if it is on the next day.")
    weekends: bool = Field(default=False, description="Whether Saturdays and Sundays are quiet all day.")


class Preferences(BaseModel):
    """What a person wants to hear, where and when."""

    model_config = ConfigDict(extra="forbid")

    events: dict[Notice, list[str]] = Field(
        default_factory=_by_mail,
        description="Channels of each event: `email`, or ids of the person's own channels. What is missing: none.",
    )
    unassigned: bool = Field(
        default=False, description="Whether to hear of requests that are open to anybody with the permission."
    )
    time_zone: str = Field(default="UTC", max_length=64, description="IANA name such as Europe/Berlin.")
    quiet: QuietHours | None = None
    digest: Literal["off", "hourly", "daily"] = Field(
        default="off", description="Gather messages and send them together."
    )
    digest_at: str = Field(default="09:00", pattern=_TIME, description="Local time of the daily digest.")
    urgent_anytime: bool = Field(default=True, description="Whether urgent requests are told at once in any case.")


Delivered = Literal["message", "callback"]
"""What is delivered: a message to people, or an event to a program."""


class DeliverMessage(Message):
    """Argument of the workflow `deliver_message` and of its activities."""

    message_id: str
    kind: Delivered = "message"


class Undelivered(Message):
    """Argument of the activities `give_up_message` and `give_up_callback`."""

    message_id: str
    reason: str
