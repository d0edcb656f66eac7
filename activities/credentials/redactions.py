"""The secret values that this process knows, by workspace; what must not show them asks here."""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from engine.redaction import Redactor, redactor_of

MAX_VALUES: Final = 500
"""Values remembered per workspace; the oldest are forgotten first."""

MAX_WORKSPACES: Final = 1_000

MIN_OWN_CHARS: Final = 16
"""Shorter secrets of the process, such as the keys of a stand-in, would make words vanish for everybody."""

_OWN_NAMES: Final = re.compile(r"_(?:API_KEY|TOKEN|SECRET|ACCESS_KEY)$")


class Redactions:
    """Secrets of the process itself, which nobody may see, and those of each workspace, which stay within it.

    A workspace's values are not searched for in the results of others: who has the same value would learn of it.

    Args:
        own: Name and value of the secrets of the process, such as keys of model providers.
    """

    def __init__(self, own: Iterable[tuple[str, str]] = ()) -> None:
        self._own = tuple(own)
        self._values: OrderedDict[str, OrderedDict[str, str]] = OrderedDict()
        self._redactors: dict[str, Redactor] = {}
        self._base = redactor_of(self._own)
        self._all: Redactor | None = self._base

    def add(self, workspace_id: str, name: str, values: Iterable[str]) -> None:
        """Learn values of a workspace."""
        known = self._values.setdefault(workspace_id, OrderedDict())
        self._values.move_to_end(workspace_id)
        for value in values:
            if known.get(value) != name:
                known[value] = name
                self._redactors.pop(workspace_id, None)
                self._all = None
            known.move_to_end(value)
        while len(known) > MAX_VALUES:
            known.popitem(last=False)
        while len(self._values) > MAX_WORKSPACES:
            self._redactors.pop(self._values.popitem(last=False)[0], None)

    def of(self, workspace_id: str) -> Redactor:
        """Hides what a workspace must not see."""
        known = self._values.get(workspace_id)
        if known is None:
            return self._base
        found = self._redactors.get(workspace_id)
        if found is None:
            pairs = ((name, value) for value, name in reversed(known.items()))
            found = self._redactors[workspace_id] = redactor_of([*self._own, *pairs])
        return found

    def hide(self, text: str) -> str:
        """A line of the log without any secret that this process knows."""
        if self._all is None:
            pairs = [(name, value) for known in self._values.values() for value, name in known.items()]
            self._all = redactor_of([*self._own, *pairs])
        return self._all.text(text)


def own_secrets(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Name and value of the secrets that a process was given, those of libraries that read the environment included."""
    for name, value in environment.items():
        if _OWN_NAMES.search(name) and len(value) >= MIN_OWN_CHARS:
            yield name, value
