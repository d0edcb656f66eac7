"""A letter as a mail: a text part and an HTML part, in which nothing of what others wrote is HTML."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape
from typing import Final

from activities.notify.letters import Entry, Letter
from engine.foreign_text import markdown_html, one_line, plain
from schemas.errors import ErrorCode, PerdureError

_POLICY: Final = SMTP.clone(cte_type="7bit")
_SUBJECT_CHARS: Final = 150
_BODY_CHARS: Final = 6_000


def build(letter: Letter, *, sender: str, recipient: str, identity: str, at: datetime) -> EmailMessage:
    """The mail.

    Args:
        letter: What it says.
        sender: `From`.
        recipient: One address.
        identity: Id of the message: the same however often it is sent, so that a mailbox can tell a repeat.
        at: When it was written.

    Raises:
        PerdureError: `invalid_config` if an address is none.
    """
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    mail = EmailMessage(policy=_POLICY)
    try:
        mail["From"] = sender
        mail["To"] = Address(addr_spec=recipient)
    except (ValueError, IndexError, AttributeError):
        raise PerdureError(ErrorCode.INVALID_CONFIG, "The address of the recipient is not valid.") from None
    mail["Subject"] = one_line(letter.subject, _SUBJECT_CHARS)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{identity}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if letter.thread is not None:
        mail["References"] = f"<{letter.thread}@{domain}>"
    mail.set_content(as_text(letter))
    mail.add_alternative(as_html(letter), subtype="html")
    return mail


def as_text(letter: Letter) -> str:
    """The text part."""
    parts = [one_line(letter.intro, 500)] if letter.intro else []
    parts += [_text_of(entry) for entry in letter.entries]
    parts.append(f"--\n{one_line(letter.why, 500)}\nWhat you hear of: {letter.preferences_url}")
    return "\n\n".join(parts) + "\n"


def _text_of(entry: Entry) -> str:
    lines = [one_line(entry.lead, 300), "", one_line(entry.title, 300), ""]
    lines += [f"{name}: {one_line(value, 300)}" for name, value in entry.facts]
    if entry.quote:
        lines += ["", *(f"> {line}" for line in plain(entry.quote, _BODY_CHARS).split("\n"))]
    if entry.body:
        # Set in, so that nothing in it looks like a line of ours.
        lines += ["", *(f"    {line}" for line in plain(entry.body, _BODY_CHARS).split("\n"))]
    lines += ["", f"{entry.button}: {entry.url}"]
    return "\n".join([*lines, one_line(entry.note, 500)] if entry.note else lines)


def as_html(letter: Letter) -> str:
    """The HTML part. Mail programs know little of CSS, so it stands at each element."""
    intro = f'<p style="{_TEXT}">{escape(one_line(letter.intro, 500))}</p>' if letter.intro else ""
    entries = "".join(_html_of(entry) for entry in letter.entries)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Perdure</title></head>'
        '<body style="margin:0;padding:24px 12px;background:#f3f4f6">'
        '<div style="max-width:600px;margin:0 auto">'
        f'<p style="{_BRAND}">Perdure</p>{intro}{entries}'
        f'<p style="{_SMALL}">{escape(one_line(letter.why, 500))}<br>'
        f'<a style="color:#4b5563" href="{escape(letter.preferences_url)}">Choose what you hear of</a></p>'
        "</div></body></html>\n"
    )


_FONT: Final = "font-family:-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif"
_TEXT: Final = f"{_FONT};font-size:15px;line-height:22px;color:#1f2937;margin:0 0 16px"
_BRAND: Final = f"{_FONT};font-size:14px;font-weight:600;color:#4b5563;margin:0 0 12px"
_SMALL: Final = f"{_FONT};font-size:12px;line-height:18px;color:#4b5563;margin:16px 0 0"
_CARD: Final = "background:#ffffff;border:1px solid #e5e7eb;border-radius:8px;padding:24px;margin:0 0 16px"
_QUOTE: Final = f"{_TEXT};border-left:3px solid #d1d5db;padding-left:12px;white-space:pre-wrap"
_TITLE: Final = f"{_FONT};font-size:20px;line-height:28px;font-weight:600;color:#111827;margin:4px 0 16px"
_BUTTON: Final = (
    f"{_FONT};display:inline-block;background:#1d4ed8;color:#ffffff;text-decoration:none;font-size:15px;"
    "font-weight:600;padding:10px 18px;border-radius:6px"
)


def _html_of(entry: Entry) -> str:
    parts = [
        f'<p style="{_SMALL};margin:0">{escape(one_line(entry.lead, 300))}</p>',
        f'<h1 style="{_TITLE}">{escape(one_line(entry.title, 300))}</h1>',
    ]
    if entry.facts:
        rows = "".join(
            f'<tr><td style="{_TEXT};color:#4b5563;padding:2px 16px 2px 0;white-space:nowrap">{escape(name)}</td>'
            f'<td style="{_TEXT};padding:2px 0">{escape(one_line(value, 300))}</td></tr>'
            for name, value in entry.facts
        )
        parts.append(f'<table role="presentation" style="margin:0 0 16px;border-spacing:0">{rows}</table>')
    if entry.quote:
        parts.append(f'<p style="{_QUOTE}">{escape(plain(entry.quote, _BODY_CHARS))}</p>')
    if entry.body:
        parts.append(f'<div style="{_TEXT}">{markdown_html(entry.body, _BODY_CHARS)}</div>')
    parts.append(
        f'<p style="margin:8px 0 0"><a style="{_BUTTON}" href="{escape(entry.url)}">{escape(entry.button)}</a></p>'
    )
    if entry.note:
        parts.append(f'<p style="{_SMALL}">{escape(one_line(entry.note, 500))}</p>')
    return f'<div style="{_CARD}">{"".join(parts)}</div>'
