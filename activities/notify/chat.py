"""A letter as the body of a webhook: for Slack, for Teams, or as plain JSON for a program.

Texts of others stand only where the receiver takes them literally: Slack's `plain_text`, Teams' `TextRun`.
"""

from typing import Any, Final

from activities.notify.letters import Entry, Letter
from engine.foreign_text import one_line, plain

_BODY_CHARS: Final = 1_500
_ENTRIES: Final = 10
"""More of a digest would not fit into one message."""


def slack(letter: Letter) -> dict[str, Any]:
    """Block Kit, for an incoming webhook."""
    blocks: list[dict[str, Any]] = []
    for entry in letter.entries[:_ENTRIES]:
        blocks += [
            {"type": "header", "text": _slack_text(one_line(entry.title, 150))},
            {"type": "section", "text": _slack_text(_told(entry))},
            {
                "type": "actions",
                "elements": [{"type": "button", "text": _slack_text(entry.button), "url": entry.url}],
            },
        ]
    # The text of the notification is mrkdwn, whose only special characters are these three.
    said = one_line(letter.subject, 150).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": said, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _slack_text(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text or " ", "emoji": False}


def teams(letter: Letter) -> dict[str, Any]:
    """An Adaptive Card, for an incoming webhook or a workflow of Teams."""
    parts: list[dict[str, Any]] = []
    for entry in letter.entries[:_ENTRIES]:
        parts += [
            _run(one_line(entry.title, 300), weight="Bolder", size="Medium"),
            _run(_told(entry)),
            {"type": "ActionSet", "actions": [{"type": "Action.OpenUrl", "title": entry.button, "url": entry.url}]},
        ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": parts,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "summary": one_line(letter.subject, 150), "attachments": [attachment]}


def _run(text: str, **style: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}


def program(letter: Letter, *, event: str, identity: str, at: str) -> dict[str, Any]:
    """Plain JSON in the form of Standard Webhooks."""
    entries = [
        {
            "lead": entry.lead,
            "title": entry.title,
            "body": plain(entry.body, 20_000),
            "text": plain(entry.quote, 20_000),
            "facts": dict(entry.facts),
            "url": entry.url,
        }
        for entry in letter.entries
    ]
    data = {"id": identity, "subject": one_line(letter.subject, 300), "entries": entries}
    return {"type": f"notification.{event}", "timestamp": at, "data": data}


def _told(entry: Entry) -> str:
    lines = [one_line(entry.lead, 300), *(f"{name}: {one_line(value, 300)}" for name, value in entry.facts)]
    lines += [plain(text, _BODY_CHARS) for text in (entry.quote, entry.body) if text]
    return plain("\n".join(lines), 2_900)
