"""Actions of Google: Gmail, Calendar, Drive."""

from typing import Final

from schemas.connections.actions import ConnectionAction
from schemas.connections.catalogue import action, number, text, texts

GMAIL: Final = "https://gmail.googleapis.com"

MAIL: Final = {
    "to": texts("E-mail addresses."),
    "cc": texts("E-mail addresses of those who get a copy."),
    "subject": text("Subject."),
    "text": text("The mail as plain text."),
    "html": text("The mail as HTML, beside the plain text."),
}

_EVENT: Final = {
    "calendar": text("Id of the calendar; `primary` is the account's own."),
    "summary": text("Title."),
    "description": text("Description."),
    "start": text("Beginning, RFC 3339 with offset."),
    "end": text("End, RFC 3339 with offset."),
}

ACTIONS: Final[tuple[ConnectionAction, ...]] = (
    action(
        "send_mail",
        "Send a mail (Gmail)",
        "POST /gmail/v1/users/me/messages/send",
        "to",
        "subject",
        "text",
        arguments=MAIL,
        api_url=GMAIL,
        mail="gmail",
        effect="irreversible",
        scopes=("https://www.googleapis.com/auth/gmail.send",),
    ),
    action(
        "search_mail",
        "Search mails (Gmail)",
        "GET /gmail/v1/users/me/messages",
        query=("q", "maxResults", "pageToken"),
        arguments={
            "q": text("What is searched for, as in Gmail: `from:a@example.com newer_than:7d`."),
            "maxResults": number("At most so many.", minimum=1, maximum=500),
            "pageToken": text("Of the next page."),
        },
        api_url=GMAIL,
        scopes=("https://www.googleapis.com/auth/gmail.readonly",),
    ),
    action(
        "read_mail",
        "Read a mail (Gmail)",
        "GET /gmail/v1/users/me/messages/{id}",
        "id",
        path=("id",),
        query=("format",),
        arguments={"id": text("Id of the mail."), "format": text("How much.", enum=["minimal", "full", "metadata"])},
        api_url=GMAIL,
        scopes=("https://www.googleapis.com/auth/gmail.readonly",),
    ),
    action(
        "create_event",
        "Create an event (Calendar)",
        "POST /calendar/v3/calendars/{calendar}/events",
        "calendar",
        "summary",
        "start",
        "end",
        path=("calendar",),
        arguments=_EVENT,
        template={
            "summary": "{summary}",
            "description": "{description}",
            "start": {"dateTime": "{start}"},
            "end": {"dateTime": "{end}"},
        },
        scopes=("https://www.googleapis.com/auth/calendar.events",),
    ),
    action(
        "list_events",
        "List events (Calendar)",
        "GET /calendar/v3/calendars/{calendar}/events",
        "calendar",
        path=("calendar",),
        query=("timeMin", "timeMax", "q", "maxResults", "pageToken"),
        arguments={
            "calendar": _EVENT["calendar"],
            "timeMin": text("From, RFC 3339."),
            "timeMax": text("Until, RFC 3339."),
            "q": text("Words in the event."),
            "maxResults": number("At most so many.", minimum=1, maximum=2500),
            "pageToken": text("Of the next page."),
        },
        scopes=("https://www.googleapis.com/auth/calendar.events",),
    ),
    action(
        "search_files",
        "Search files (Drive)",
        "GET /drive/v3/files",
        query=("q", "pageSize", "pageToken"),
        arguments={
            "q": text("Query, as in `name contains 'invoice'`."),
            "pageSize": number("At most so many.", minimum=1, maximum=1000),
            "pageToken": text("Of the next page."),
        },
        scopes=("https://www.googleapis.com/auth/drive.readonly",),
    ),
)
