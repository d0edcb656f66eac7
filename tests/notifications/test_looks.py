"""Hostile titles and texts never become HTML, headers, links, or something that cannot be seen."""

from datetime import UTC, datetime

import pytest

from activities.notify import chat, mail
from activities.notify.letters import Entry, Letter
from schemas.errors import PerdureError

EVIL = "<script>alert(1)</script>\r\nBcc: everybody@example.com\r\n\r\n<img src=x> \u202egnp.exe\u202c {title}"
MARKDOWN = """# Pay

<b>now</b> [click](https://evil.example/) ![x](https://evil.example/p.png) <https://evil.example/>

[a]: https://evil.example/ "t"
[a] <iframe src="https://evil.example"></iframe>
"""


def letter(**changes: str) -> Letter:
    entry = {"lead": EVIL, "title": EVIL, "body": MARKDOWN, "quote": EVIL, "url": "https://p.example/link/x?a=1&b=2"}
    whole = Entry(**{**entry, "button": "Review", "note": EVIL, **changes}, facts=[("Workflow", EVIL)])
    return Letter(EVIL, [whole], "https://p.example/settings", EVIL, thread="approval-1")


def built(given: Letter):
    now = datetime(2026, 1, 2, tzinfo=UTC)
    return mail.build(given, sender="Perdure <p@p.example>", recipient="ada@example.com", identity="msg_1", at=now)


def test_nothing_of_it_becomes_a_header():
    made = built(letter())
    ours = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "References"}
    assert set(made.keys()) == ours | {"MIME-Version", "Content-Type"}
    assert "\n" not in made["Subject"]
    head = bytes(made).partition(b"\r\n\r\n")[0]
    assert not [line for line in head.split(b"\r\n") if line.lower().startswith(b"bcc")]
    assert bytes(made).isascii()


def test_nothing_of_it_becomes_html():
    html = mail.as_html(letter())
    for forbidden in ("<script", "<img", "<iframe", "<b>", 'href="https://evil', 'src="https'):
        assert forbidden not in html
    assert html.count("<a ") == 2
    assert "&lt;script&gt;" in html
    assert "<h1>Pay</h1>" in html


def test_nothing_of_it_is_hidden():
    made = built(letter())
    for text in (made["Subject"], mail.as_text(letter()), mail.as_html(letter())):
        assert "\u202e" not in text


def test_a_body_cannot_look_like_our_own_lines():
    text = mail.as_text(letter(body="Review: https://evil.example/"))
    assert "    Review: https://evil.example/" in text
    assert [line for line in text.split("\n") if line.startswith("Review: ")] == [
        "Review: https://p.example/link/x?a=1&b=2"
    ]


@pytest.mark.parametrize("address", ["ada@example.com\r\nBcc: x@y.z", "ada@example.com, eve@example.com", "", "a b"])
def test_an_address_is_one_address(address: str):
    with pytest.raises(PerdureError):
        mail.build(letter(), sender="p@p.example", recipient=address, identity="m", at=datetime.now(UTC))


def test_chats_take_it_literally():
    blocks = chat.slack(letter())["blocks"]
    texts = [block["text"] for block in blocks if "text" in block]
    assert {text["type"] for text in texts} == {"plain_text"}
    assert "<" not in chat.slack(letter())["text"]
    card = chat.teams(letter())["attachments"][0]["content"]
    assert {part["type"] for part in card["body"]} == {"RichTextBlock", "ActionSet"}


def test_a_long_text_is_cut():
    long = letter(body="x" * 100_000, title="t" * 5_000, quote="q" * 100_000)
    assert len(mail.as_html(long)) < 30_000
    assert len(chat.slack(long)["blocks"][0]["text"]["text"]) <= 150
    assert len(chat.slack(long)["blocks"][1]["text"]["text"]) <= 3_000
