"""Facts in memories: when two of them are the same."""

import hashlib


def fact_hash(text: str) -> str:
    """Equal for facts that differ in case and spaces only."""
    return hashlib.sha256(" ".join(text.casefold().split()).encode()).hexdigest()
