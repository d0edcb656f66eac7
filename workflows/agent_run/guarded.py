"""The texts and files in messages and arguments that guardrails look at, and the same with others in their place."""

import json
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, Final

from schemas.guardrails import Inspection

_FILES: Final = ("image", "file")

Place = tuple[int, int]
"""Positions of a message, and of a part of it."""


@dataclass(frozen=True)
class Said:
    """What stands in messages.

    Args:
        messages: All of them.
        places: Positions of those that are looked at.
    """

    messages: list[dict[str, Any]]
    places: Iterable[int]

    @property
    def texts(self) -> dict[Place, str]:
        """Every text."""
        return {place: part["text"] for place, part in self._parts() if part.get("type") == "text"}

    @property
    def files(self) -> dict[Place, dict[str, Any]]:
        """Every image and file."""
        return {place: part for place, part in self._parts() if part.get("type") in _FILES}

    def changed(self, found: Inspection) -> dict[int, dict[str, Any]]:
        """Messages in which something was covered up, as they may be used."""
        texts = self.texts
        pairs = zip(texts, found.texts, strict=True)
        covered: dict[Place, str] = {place: text for place, text in pairs if texts[place] != text}
        # Of an older look at messages without files nothing is known about files.
        files = zip(self.files, found.files, strict=bool(found.files))
        covered.update((place, text) for place, text in files if text is not None)
        by_message: dict[int, dict[int, str]] = {}
        for (number, part), text in covered.items():
            by_message.setdefault(number, {})[part] = text
        return {number: _with_texts(self.messages[number], parts) for number, parts in by_message.items()}

    def _parts(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        for number in self.places:
            for position, part in enumerate(self.messages[number].get("content", ())):
                yield (number, position), part


def _with_texts(message: dict[str, Any], texts: dict[int, str]) -> dict[str, Any]:
    content = [
        {"type": "text", "text": texts[position]} if position in texts else part
        for position, part in enumerate(message["content"])
    ]
    return {**message, "content": content}


def words_in(value: Any) -> Iterator[str]:
    """Every text, name and number in data, one by one: what is written in one piece is found in one piece."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from words_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words_in(inner)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield json.dumps(value)


def with_words(value: Any, words: Iterator[str]) -> Any:
    """The data with other words in the place of those of `words_in`; a number that has changed is a text now."""
    if isinstance(value, dict):
        fields: dict[str, Any] = {}
        for name, inner in value.items():
            word = next(words)
            fields[word if word == name else _free(word, {*value, *fields})] = with_words(inner, words)
        return fields
    if isinstance(value, list):
        return [with_words(inner, words) for inner in value]
    if isinstance(value, str):
        return next(words)
    if isinstance(value, int | float) and not isinstance(value, bool):
        word = next(words)
        return value if word == json.dumps(value) else word
    return value


def _free(name: str, taken: Container[str]) -> str:
    """A name like this one that nothing else has: what was covered up in two names may leave the same of both."""
    return next(one for one in chain([name], (f"{name} ({n})" for n in count(2))) if one not in taken)
