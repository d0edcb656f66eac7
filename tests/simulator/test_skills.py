import json
from pathlib import Path
from typing import Any

import pytest

from simulator import skills
from simulator.shapes import fill

REFUNDS = Path(__file__).parents[2] / "examples" / "refunds"
LABELS: dict[str, Any] = json.loads((REFUNDS / "labels.json").read_text(encoding="utf-8"))
MAILS: dict[str, Any] = {mail["id"]: mail for mail in json.loads((REFUNDS / "mails.json").read_text(encoding="utf-8"))}
SHAPE = {
    "type": "object",
    "required": ["intent", "order", "amount"],
    "additionalProperties": False,
    "properties": {
        "intent": {"type": "string", "enum": ["refund", "question", "complaint"]},
        "order": {"type": ["string", "null"]},
        "amount": {"type": ["number", "null"]},
    },
}


@pytest.mark.parametrize("mail", MAILS)
def test_the_refunds_example_is_read_as_its_labels_say(mail: str) -> None:
    text = MAILS[mail]
    prompt = f"Classify this mail (form A-9999).\n\n<mail>\nSubject: {text['subject']}\n\n{text['body']}\n</mail>"
    assert fill(SHAPE, prompt) == LABELS[mail]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("pay 60 EUR", 60),
        ("€ 1,234.50 please", 1234.5),
        ("1.234,50 €", 1234.5),
        ("$19.90", 19.9),
        ("12,5 euros", 12.5),
        ("2,000 USD", 2000),
        ("above 90 cm", None),
        ("order A-1042", None),
    ],
)
def test_amounts(text: str, amount: float | None) -> None:
    assert skills.Mail(text).amount == amount


def test_intents_and_tone() -> None:
    assert skills.Mail("I want my money back").intent == "refund"
    assert skills.Mail("This is unacceptable.").intent == "complaint"
    assert skills.Mail("This is unacceptable.").sentiment == "negative"
    assert skills.Mail("When will it arrive?").intent == "question"


def test_a_mail_is_found_by_tags_or_heading_or_is_everything() -> None:
    assert skills.read_mail("refund? <email> hi </email> more").text == "hi"
    assert skills.read_mail("Is it a refund?\nCustomer mail:\nhello\nyou").text == "hello\nyou"
    assert skills.read_mail("hello").text == "hello"


def draft(problems: str, say: str = "") -> str:
    told = f"What to say: {say}\n" if say else ""
    return skills.draft_reply(
        f"Write the answer to this mail.\n{told}Problems with the last draft: {problems}\n\n"
        "<mail>Refund order A-1050!\nCheers\nSamir</mail>"
    )


@pytest.mark.parametrize("nothing", ["", "none", "None.", "null", "[]"])
def test_the_first_draft_is_long_and_forgets_the_order(nothing: str) -> None:
    text = draft(nothing)
    assert "A-1050" not in text
    assert len(text.split()) > 90


def test_feedback_makes_it_short_and_name_the_order() -> None:
    text = draft("The order number is missing.", "We have refunded 60 EUR.")
    assert "A-1050" in text
    assert "We have refunded 60 EUR." in text
    assert text.startswith("Dear Samir,")
    assert len(text.split()) < 90
    assert "take care of the refund" in draft("\n- It is longer than 90 words.")


def test_wanting_a_draft() -> None:
    assert skills.wants_draft("Please write the answer to this mail.")
    assert skills.wants_draft("Redraft it")
    assert not skills.wants_draft("Classify this mail. The answer is one word.")


def test_a_summary_of_facts() -> None:
    assert skills.summarise("Summarise the day.\nMails: 12\nPaid in all: 3.5 EUR") == (
        "In short: mails 12, paid in all 3.5 EUR."
    )
    assert skills.summarise("Mails: 12") is None
