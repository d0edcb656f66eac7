"""Actions of Microsoft Graph: mail, calendar, Teams."""

from typing import Final

from schemas.connections.actions import ConnectionAction
from schemas.connections.catalogue import action, number, text
from schemas.connections.catalogue.google import MAIL

ACTIONS: Final[tuple[ConnectionAction, ...]] = (
    action(
        "send_mail",
        "Send a mail (Outlook)",
        "POST /me/sendMail",
        "to",
        "subject",
        "text",
        arguments=MAIL,
        mail="graph",
        effect="irreversible",
        scopes=("Mail.Send",),
    ),
    action(
        "list_mail",
        "List mails (Outlook)",
        "GET /me/messages",
        query=("$top", "$search", "$filter", "$select"),
        arguments={
            "top": number("At most so many.", minimum=1, maximum=1000),
            "search": text("What is searched for, in quotes."),
            "filter": text("OData filter."),
            "select": text("Fields, separated by commas."),
        },
        scopes=("Mail.Read",),
    ),
    action(
        "create_event",
        "Create an event (Outlook)",
        "POST /me/events",
        "subject",
        "start",
        "end",
        arguments={
            "subject": text("Title."),
            "text": text("Description."),
            "start": text("Beginning in UTC, as 2026-03-01T09:00:00."),
            "end": text("End in UTC."),
        },
        template={
            "subject": "{subject}",
            "body": {"contentType": "text", "content": "{text}"},
            "start": {"dateTime": "{start}", "timeZone": "UTC"},
            "end": {"dateTime": "{end}", "timeZone": "UTC"},
        },
        scopes=("Calendars.ReadWrite",),
    ),
    action(
        "list_events",
        "List events between two times (Outlook)",
        "GET /me/calendarView",
        "startDateTime",
        "endDateTime",
        query=("startDateTime", "endDateTime", "$top"),
        arguments={
            "startDateTime": text("From, RFC 3339."),
            "endDateTime": text("Until, RFC 3339."),
            "top": number("At most so many.", minimum=1, maximum=1000),
        },
        scopes=("Calendars.Read",),
    ),
    action(
        "post_to_channel",
        "Post to a channel (Teams)",
        "POST /teams/{team}/channels/{channel}/messages",
        "team",
        "channel",
        "text",
        path=("team", "channel"),
        arguments={"team": text("Id of the team."), "channel": text("Id of the channel."), "text": text("Message.")},
        template={"body": {"content": "{text}"}},
        scopes=("ChannelMessage.Send",),
    ),
)
