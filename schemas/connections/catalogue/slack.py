"""Actions of Slack."""

from typing import Final

from schemas.connections.actions import ConnectionAction
from schemas.connections.catalogue import action, number, text

_CHANNEL: Final = text("Id of the channel, such as C0123456789, or its name with #.")

ACTIONS: Final[tuple[ConnectionAction, ...]] = (
    action(
        "post_message",
        "Post a message",
        "POST /chat.postMessage",
        "channel",
        "text",
        arguments={
            "channel": _CHANNEL,
            "text": text("The message, in Slack's mrkdwn.", maxLength=40_000),
            "thread_ts": text("Answers in the thread of the message with this timestamp."),
        },
        template={"channel": "{channel}", "text": "{text}", "thread_ts": "{thread_ts}"},
        scopes=("chat:write",),
    ),
    action(
        "update_message",
        "Change a message",
        "POST /chat.update",
        "channel",
        "ts",
        "text",
        arguments={"channel": _CHANNEL, "ts": text("Timestamp of the message."), "text": text("The new text.")},
        template={"channel": "{channel}", "ts": "{ts}", "text": "{text}"},
        scopes=("chat:write",),
    ),
    action(
        "list_channels",
        "List channels",
        "GET /conversations.list",
        query=("limit", "cursor", "exclude_archived"),
        arguments={
            "limit": number("At most so many.", minimum=1, maximum=1000),
            "cursor": text("Of the next page, as the page before says it."),
            "exclude_archived": {"type": "boolean", "description": "Leaves out archived channels."},
        },
        scopes=("channels:read",),
    ),
    action(
        "find_user",
        "Find a person by e-mail address",
        "GET /users.lookupByEmail",
        "email",
        query=("email",),
        arguments={"email": text("E-mail address.")},
        scopes=("users:read.email",),
    ),
)
