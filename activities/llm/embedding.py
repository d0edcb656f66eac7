"""Turns texts into vectors: what is asked, what comes back, and how much is asked at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from activities.llm.call import EmbedCall, Vectors
from activities.llm.estimates import tokens_of
from activities.llm.routing import Route
from activities.text import clean_text
from schemas.errors import ErrorCode, PerdureError

MAX_TEXTS: Final = 256
MAX_TOKENS: Final = 100_000
"""Of one call, roughly; OpenAI takes 300,000."""
AT_ONCE: Final = 4
"""Calls that are under way at the same time."""


@dataclass(frozen=True)
class EmbedRequest:
    """Texts to be turned into vectors."""

    texts: tuple[str, ...]
    model: str = "default"
    dimensions: int | None = None
    """Length of the vectors, for models that let one choose."""
    step_key: str = ""


@dataclass(frozen=True)
class Embedded:
    """Vectors, one per text and in their order, with everything that making them took."""

    vectors: list[list[float]]
    model: str
    tokens_in: int
    cost_usd: float
    details: dict[str, Any]


def batches(texts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The texts in portions of which each fits one call; an empty text, which vendors refuse, becomes a blank."""
    batch: list[str] = []
    size = 0
    for text in texts:
        tokens = tokens_of(text)
        if batch and (len(batch) == MAX_TEXTS or size + tokens > MAX_TOKENS):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(clean_text(text) if text.strip() else " ")
        size += tokens
    if batch:
        yield tuple(batch)


def checked_vectors(found: Vectors, call: EmbedCall, route: Route) -> list[list[float]]:
    """The vectors of a call.

    Raises:
        PerdureError: `output_invalid` if it is not one of the same length for each text.
    """
    lengths = {len(vector) for vector in found.vectors}
    if len(found.vectors) == len(call.texts) and len(lengths) == 1 and 0 not in lengths:
        return found.vectors
    raise PerdureError(
        ErrorCode.OUTPUT_INVALID,
        f"The provider of {route.model} ({route.vendor}) gave {len(found.vectors)} vectors of lengths "
        f"{sorted(lengths)[:5]} for {len(call.texts)} texts.",
    )
