"""Finds personal data and secrets in texts by their form. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_TEXT_CHARS: Final = 1_000_000
"""Longest text that is looked at."""


class Kind(StrEnum):
    """Kinds of personal data."""

    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    IBAN = "iban"


@dataclass(frozen=True)
class Spot:
    """A place in a text."""

    start: int
    end: int
    kind: str


NAMES: Final = {
    "email": "e-mail address",
    "phone": "phone number",
    "card": "card number",
    "iban": "IBAN",
    "secret": "secret",
}
"""What people call each kind."""

_EMAIL: Final = re.compile(
    r"(?<![\w.%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}[A-Za-z]{2,24}(?![\w-])"
)
_CARD: Final = re.compile(r"(?<![\w.,-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w-])")
_IBAN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])", re.IGNORECASE)
_PHONE: Final = re.compile(
    r"(?<![\w.,/+-])(?:\+\d{1,3}|00\d{1,3}|0\d|\(\d{2,5}\)|\d{3}(?=[ .-]\d{3}[ .-]\d{4}))"
    r"(?:[ ./-]?(?:\(\d{1,5}\)|\d)){5,13}(?![\w-])"
)
_PHONE_DIGITS: Final = range(7, 16)
_DATE: Final = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_SECRETS: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.{1,8000}?)-----END [A-Z ]*PRIVATE KEY-----"
    r"|\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}"
    r"|\b(?:sk|pk|rk)[-_](?:live|test|ant|proj|or)?[-_]?[A-Za-z0-9_-]{16,200}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{30,100}|\bgithub_pat_[A-Za-z0-9_]{20,200}"
    r"|\bglpat-[A-Za-z0-9_-]{20,100}|\bxox[abeprs]-[A-Za-z0-9-]{10,200}|\bAIza[A-Za-z0-9_-]{35}"
    r"|\bwhsec_[A-Za-z0-9+/=]{24,100}|\bhf_[A-Za-z0-9]{30,60}|\bnpm_[A-Za-z0-9]{36}"
)
_NAMED_SECRET: Final = re.compile(
    r"(?i)\b(?:pass(?:word|wd|phrase)?|passwort|kennwort|secret|token|api[_-]?key|access[_-]?key|bearer)\b"
    r"[\"']?\s{0,3}(?:[:=]|is\b|lautet\b)?\s{0,3}[\"']?"
    r"(?P<value>(?=[^\s\"',;]{0,199}[\d!@#$%^&*_-])[^\s\"',;]{8,200})"
)


def private_spots(text: str, kinds: Iterable[Kind]) -> list[Spot]:
    """Where personal data of these kinds stands; no two places overlap."""
    wanted = set(kinds)
    found = [spot for kind, finder in _FINDERS.items() if kind in wanted for spot in finder(text)]
    return apart(found)


def secret_spots(text: str) -> list[Spot]:
    """Where keys, tokens and passwords stand."""
    found = [Spot(match.start(), match.end(), "secret") for match in _SECRETS.finditer(text)]
    named = [Spot(match.start("value"), match.end("value"), "secret") for match in _NAMED_SECRET.finditer(text)]
    return apart(found + named)


def masked(text: str, spots: Iterable[Spot]) -> str:
    """The text with names of the kinds in these places."""
    for spot in sorted(spots, key=lambda spot: spot.start, reverse=True):
        text = f"{text[: spot.start]}[{NAMES[spot.kind]}]{text[spot.end :]}"
    return text


def apart(spots: list[Spot]) -> list[Spot]:
    """Those that overlap no earlier one of the list."""
    kept: list[Spot] = []
    for spot in spots:
        if all(spot.end <= other.start or other.end <= spot.start for other in kept):
            kept.append(spot)
    return sorted(kept, key=lambda spot: spot.start)


def counted(spots: Iterable[Spot]) -> str:
    """How many of each kind, such as `2 e-mail addresses, 1 IBAN`."""
    numbers: dict[str, int] = {}
    for spot in spots:
        numbers[spot.kind] = numbers.get(spot.kind, 0) + 1
    return ", ".join(f"{number} {_plural(NAMES[kind], number)}" for kind, number in numbers.items())


def _plural(name: str, number: int) -> str:
    if number == 1:
        return name
    return f"{name}es" if name.endswith("ss") else f"{name}s"


def is_card(digits: str) -> bool:
    """Whether digits have the check digit of a card (Luhn, ISO/IEC 7812-1)."""
    if len(set(digits)) == 1:
        return False
    total = 0
    for place, char in enumerate(reversed(digits)):
        number = int(char) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def is_iban(text: str) -> bool:
    """Whether a text without spaces has the check digits of an IBAN (ISO 13616: modulo 97)."""
    moved = (text[4:] + text[:4]).upper()
    return 15 <= len(text) <= 34 and int("".join(str(int(char, 36)) for char in moved)) % 97 == 1


def _emails(text: str) -> Iterator[Spot]:
    for match in _EMAIL.finditer(text):
        yield Spot(match.start(), match.end(), "email")


def _cards(text: str) -> Iterator[Spot]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if 13 <= len(digits) <= 19 and is_card(digits):
            yield Spot(match.start(), match.end(), "card")


def _ibans(text: str) -> Iterator[Spot]:
    for match in _IBAN.finditer(text):
        # A word behind it may look like its end.
        end = match.end()
        while end - match.start() >= 15:
            if is_iban(text[match.start() : end].replace(" ", "")):
                yield Spot(match.start(), end, "iban")
                break
            end = text.rfind(" ", match.start(), end)


def _phones(text: str) -> Iterator[Spot]:
    for match in _PHONE.finditer(text):
        digits = sum(char.isdigit() for char in match[0])
        if digits in _PHONE_DIGITS and not _DATE.fullmatch(match[0]):
            yield Spot(match.start(), match.end(), "phone")


_FINDERS: Final[dict[Kind, Callable[[str], Iterator[Spot]]]] = {
    Kind.EMAIL: _emails,
    Kind.IBAN: _ibans,
    Kind.CARD: _cards,
    Kind.PHONE: _phones,
}
"""In the order in which they claim places."""
