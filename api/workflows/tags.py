"""Tags of workflows: few, short, each once however it is written."""

from collections.abc import Iterable


def cleaned(tags: Iterable[str]) -> list[str]:
    """Tags by name; of several that differ only in case the first stays."""
    first = {tag.casefold(): tag for tag in reversed(list(tags))}
    return [tag for _, tag in sorted(first.items())]
