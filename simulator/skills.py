"""What the stand-in model can do: read a support mail and draft a reply, by plain rules.

The mail is found between `<mail>` and `</mail>` (or `<email>`, `<message>`), else after a line that ends in `Mail:`,
`E-mail:` or `Message:`, else it is the whole prompt. A first draft is wordy and forgets the order number on purpose;
when the prompt lists what was wrong (`Problems with the last draft: …`) the next one is short and names it. What the
reply has to say can be given in a line `What to say: …`.
"""

import re
from dataclasses import dataclass
from typing import Any

_TAGGED = re.compile(r"<(mail|e-?mail|message)>(.*?)</\1>", re.IGNORECASE | re.DOTALL)
_HEADED = re.compile(r"(?:^|\n)[^\n]{0,60}\b(?:mail|e-mail|email|message):[ \t]*\n?(.+)", re.IGNORECASE | re.DOTALL)
_FEEDBACK = re.compile(r"problems with the last draft:[ \t]*(.*?)(?:\n\s*\n|\Z)", re.IGNORECASE | re.DOTALL)
_TOLD = re.compile(r"^what to say:[ \t]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
_FACT = re.compile(r"^([A-Z][\w ]{0,40}):[ \t]*(\S.*)$", re.MULTILINE)
_NO_FEEDBACK = {"", "-", "none", "none yet", "null", "nothing", "[]", '""', "no problems", "n/a"}
_DRAFT = re.compile(r"\b(?:re)?draft|\b(?:write|compose)\b[^.\n]{0,40}\b(?:reply|answer|response)", re.IGNORECASE)
_ORDER = re.compile(r"\b[A-Z]{1,3}-\d{3,8}\b")
_NUMBER = r"(\d{1,3}(?:[,.]\d{3})+(?:[.,]\d{2})?|\d+(?:[.,]\d{1,2})?)"
_AMOUNT = re.compile(
    rf"(?:€|\$|£|\bEUR|\bUSD|\bGBP)\s?{_NUMBER}|{_NUMBER}\s?(?:€|\$|£|EUR\b|USD\b|GBP\b|euros?\b|dollars?\b)",
    re.IGNORECASE,
)
_GREETING = re.compile(r"(?:regards|thanks|thank you|cheers|best|sincerely|yours)[,!.]?\s*\n+\s*([A-Z][\w'-]+)", re.I)
_REFUND_WORDS = (
    "refund",
    "money back",
    "reimburse",
    "charged twice",
    "double charge",
    "paid twice",
    "return it",
    "send it back",
    "credit back",
    "give me back",
)
_COMPLAINT_WORDS = (
    "complain",
    "unacceptable",
    "terrible",
    "disappoint",
    "worst",
    "rude",
    "angry",
    "never again",
    "awful",
    "ridiculous",
    "fed up",
    "appalling",
    "disgrace",
)
_URGENT_WORDS = ("immediately", "urgent", "right now", "today", "lawyer", "as soon as possible", "asap")


@dataclass(frozen=True)
class Mail:
    """What the rules read out of a support mail."""

    text: str

    @property
    def intent(self) -> str:
        """`refund`, `complaint` or `question`."""
        low = self.text.lower()
        if any(word in low for word in _REFUND_WORDS):
            return "refund"
        return "complaint" if any(word in low for word in _COMPLAINT_WORDS) else "question"

    @property
    def order(self) -> str | None:
        """First order number."""
        found = _ORDER.search(self.text)
        return found.group() if found else None

    @property
    def amount(self) -> float | None:
        """First amount of money."""
        found = _AMOUNT.search(self.text)
        return _number(found.group(1) or found.group(2)) if found else None

    @property
    def currency(self) -> str:
        """Currency of the amount."""
        found = _AMOUNT.search(self.text)
        near = found.group().upper() if found else ""
        if "$" in near or "USD" in near or "DOLLAR" in near:
            return "USD"
        return "GBP" if "£" in near or "GBP" in near else "EUR"

    @property
    def sentiment(self) -> str:
        """`negative`, `neutral` or `positive`."""
        low = self.text.lower()
        if any(word in low for word in _COMPLAINT_WORDS):
            return "negative"
        return "positive" if any(word in low for word in ("love", "great", "wonderful", "happy")) else "neutral"

    @property
    def urgent(self) -> bool:
        """Whether the writer presses."""
        return any(word in self.text.lower() for word in _URGENT_WORDS)

    @property
    def writer(self) -> str | None:
        """First name under the mail."""
        found = _GREETING.search(self.text)
        return found.group(1) if found else None

    @property
    def summary(self) -> str:
        """One sentence about the mail."""
        about = f"order {self.order}" if self.order else "an order"
        money = f" of {self.amount:.2f} {self.currency}" if self.amount is not None else ""
        return f"The customer writes about {about}: {self.intent}{money}."


def read_mail(prompt: str) -> Mail:
    """The mail that a prompt contains."""
    tagged = _TAGGED.search(prompt)
    if tagged:
        return Mail(tagged.group(2).strip())
    headed = _HEADED.search(prompt)
    return Mail((headed.group(1) if headed else prompt).strip())


def feedback(prompt: str) -> str | None:
    """What was wrong with the last draft, if the prompt says so."""
    found = _FEEDBACK.search(prompt)
    if found is None:
        return None
    text = found.group(1).strip()
    return None if text.lower().rstrip(".") in _NO_FEEDBACK else text


def draft_reply(prompt: str) -> str:
    """A reply to the mail; a bad first one, a good one after feedback."""
    mail = read_mail(prompt)
    hello = f"Dear {mail.writer}," if mail.writer else "Hello,"
    if feedback(prompt) is None:
        return f"{hello}\n\n{_WORDY}\n\nKind regards\nThe support team"
    order = mail.order or next(iter(_ORDER.findall(prompt)), None)
    told = _TOLD.search(prompt)
    message = told.group(1).strip() if told else _SHORT[mail.intent]
    about = f"this is about your order {order}. " if order else ""
    return f"{hello}\n\n{about}{message}\n\nKind regards\nThe support team"


def summarise(prompt: str) -> str | None:
    """One sentence from the lines of the form `Name: value`, if the prompt asks for a summary of such."""
    facts = _FACT.findall(prompt) if "summar" in prompt.lower() else []
    if not facts:
        return None
    return "In short: " + ", ".join(f"{name[0].lower()}{name[1:]} {value.strip()}" for name, value in facts) + "."


def wants_draft(prompt: str) -> bool:
    """Whether the prompt asks for a reply to be written."""
    return _DRAFT.search(prompt) is not None


def guess(name: str, prompt: str) -> Any:
    """The value that the mail gives for a field of this name; None if the rules know nothing about it."""
    key = re.sub(r"[^a-z]", "", name.lower())
    mail = read_mail(prompt)
    if key in ("reply", "draft", "answer", "response", "body"):
        return draft_reply(prompt)
    for keys, value in _FIELDS:
        if key in keys:
            return value(mail)
    return None


_FIELDS: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("intent", "category", "kind", "class", "classification", "label", "topic", "type"), lambda m: m.intent),
    (("order", "orderid", "ordernumber", "orderno", "orderref"), lambda m: m.order),
    (("amount", "refundamount", "total", "price", "sum", "value"), lambda m: m.amount),
    (("currency",), lambda m: m.currency),
    (("sentiment", "tone", "mood"), lambda m: m.sentiment),
    (("urgent", "isurgent"), lambda m: m.urgent),
    (("urgency", "priority"), lambda m: "high" if m.urgent else "normal"),
    (("customer", "name", "firstname", "customername", "writer"), lambda m: m.writer),
    (("summary", "reason", "explanation", "description"), lambda m: m.summary),
    (("subject",), lambda m: f"About order {m.order}" if m.order else "About your message"),
    (("confidence", "score", "probability"), lambda m: 0.9),
    (("language", "lang"), lambda m: "en"),
)

_WORDY = (
    "Thank you so very much for taking the time out of your surely busy day to get in touch with our customer "
    "support team about this matter. We are truly delighted whenever one of our valued customers writes to us, because "
    "every single message helps us to become a little better at what we do. Please be assured that your message has "
    "been received, read with the greatest attention, and passed on to the colleagues who are responsible for matters "
    "of this kind. They will look into everything in due course, and as soon as there is any news at all we will of "
    "course let you know without delay. Until then we kindly ask for a little patience and wish you a wonderful day."
)
_SHORT = {
    "refund": "We have received your request and take care of the refund; the money arrives within five working days.",
    "complaint": "We are sorry for the trouble. We look into it today and tell you what we do about it.",
    "question": "Thank you for your question. We have checked it, and everything is on its way.",
}


def _number(text: str) -> float:
    """Value of `1,234.50`, `1.234,50`, `19,90` or `250`."""
    last = max(text.rfind(","), text.rfind("."))
    if last < 0 or len(text) - last - 1 == 3:
        return float(re.sub(r"[.,]", "", text))
    return float(re.sub(r"[.,]", "", text[:last]) + "." + text[last + 1 :])
