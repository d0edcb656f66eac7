"""Percentiles, and numbers as people read them."""

from collections.abc import Sequence


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` of the values lie, between two neighbours by their distance."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def short(value: float) -> str:
    """Three digits that matter, without an exponent."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def ms(seconds: float) -> str:
    """Milliseconds."""
    return f"{short(seconds * 1_000)} ms"


def seconds(value: float) -> str:
    """Seconds."""
    return f"{short(value)} s"


def times(value: float) -> str:
    """A ratio."""
    return f"{value:.2f}x"
