"""Output ports of a kind as rules: data, so that an editor knows the ports of a node while its settings are typed."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_PORT = "out"
ERROR_PORT = "error"


class PortRule(BaseModel):
    """One port, or one per entry of a list."""

    model_config = ConfigDict(frozen=True)

    name: str | None = Field(default=None, description="Name of the port; null if `each` gives the names.")
    each: str | None = Field(default=None, description="Setting that holds a list; the `name` of each entry is a port.")
    when: tuple[str, ...] = Field(default=(), description="Settings without which there is no such port.")


class PortRules(BaseModel):
    """The ports of a kind, in the order in which they are shown."""

    model_config = ConfigDict(frozen=True)

    rules: tuple[PortRule, ...]

    @property
    def by_settings(self) -> bool:
        """Whether a node's settings change its ports."""
        return any(rule.each or rule.when for rule in self.rules)

    def __call__(self, config: Mapping[str, Any]) -> tuple[str, ...]:
        """Ports of a node with these raw settings; whatever is wrong with them is left out.

        A name that two rules give is there twice, which the compiler reports.
        """
        return tuple(name for rule in self.rules for name in dict.fromkeys(_names(rule, config)))


def fixed_ports(*names: str) -> PortRules:
    """Always these."""
    return PortRules(rules=tuple(PortRule(name=name) for name in names))


def _names(rule: PortRule, config: Mapping[str, Any]) -> Iterator[str]:
    if not all(config.get(setting) for setting in rule.when):
        return
    if rule.name is not None:
        yield rule.name
    entries = config.get(rule.each) if rule.each is not None else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            yield entry["name"]
