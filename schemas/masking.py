"""Masks personal data in JSON values: fields by name or path, and what looks like an address, number or IBAN. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from schemas.private_data import MAX_TEXT_CHARS, Kind, masked, private_spots

MASKED: Final = "[masked]"
"""In place of a configured field."""

_TOO_LONG: Final = "[too long to be shown with personal data masked]"


@dataclass(frozen=True)
class Mask:
    """What is masked.

    Args:
        kinds: Kinds that are found by their form.
        fields: Names of fields, such as `birthday`, or paths, such as `customer.address.*`; a path holds wherever it
            ends in a value, and `*` stands for any one name or place.
    """

    kinds: frozenset[Kind]
    fields: tuple[str, ...] = ()

    def text(self, text: str) -> str:
        """A text with names of the kinds in place of what was found."""
        if len(text) > MAX_TEXT_CHARS:
            return _TOO_LONG
        return masked(text, private_spots(text, self.kinds)) if self.kinds else text

    def value(self, value: Any) -> Any:
        """A JSON value, masked; the same object if there was nothing to mask."""
        return self._walk(value, ())

    def restored(self, given: Any, original: Any) -> Any:
        """A value that somebody gives back who saw it masked: what still is as it was shown becomes the original."""
        if given == self.value(original):
            return original
        if isinstance(given, dict) and isinstance(original, dict):
            return {key: self._restored_at(key, item, original) for key, item in given.items()}
        if isinstance(given, list) and isinstance(original, list) and len(given) == len(original):
            return [self.restored(item, was) for item, was in zip(given, original, strict=True)]
        return given

    def _restored_at(self, key: str, item: Any, original: dict[str, Any]) -> Any:
        if key not in original:
            return item
        if item == self.value({key: original[key]})[key]:
            return original[key]
        return self.restored(item, original[key])

    def _walk(self, value: Any, path: tuple[str, ...]) -> Any:
        if path and value is not None and self._is_field(path):
            return MASKED
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self._walk(item, (*path, str(key))) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._walk(item, (*path, str(place))) for place, item in enumerate(value)]
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 1e9:
            # Numbers of cards and telephones come as numbers too.
            shown = self.text(str(value))
            return value if shown == str(value) else shown
        return value

    def _is_field(self, path: tuple[str, ...]) -> bool:
        last = path[-1].casefold()
        return last in self._names or any(_ends(path, pattern) for pattern in self._paths)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(field.casefold() for field in self.fields if "." not in field and field != "*")

    @cached_property
    def _paths(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(field.casefold().split(".")) for field in self.fields if "." in field)


def mask_of(kinds: Iterable[str], fields: Iterable[str]) -> Mask:
    """A mask of what is stored; kinds that are not known any more are left out."""
    known = set(Kind)
    return Mask(frozenset(Kind(kind) for kind in kinds if kind in known), tuple(fields))


def _ends(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    # A path means a field wherever it stands: `customer.email` also below `nodes.lookup.output`.
    if len(path) < len(pattern):
        return False
    tail = path[len(path) - len(pattern) :]
    return all(wanted in ("*", name.casefold()) for name, wanted in zip(tail, pattern, strict=True))
