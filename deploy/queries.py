"""PromQL that dashboards and alert rules share."""

from typing import Final

RATE: Final = "[$__rate_interval]"
WINDOW: Final = "[5m]"


def p95(histogram: str, by: str = "", where: str = "", window: str = RATE, quantile: float = 0.95) -> str:
    """A quantile of a histogram, over all processes."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({quantile:g}, sum by ({labels}) (rate({histogram}_bucket{where}{window})))"


def rate(counter: str, by: str = "", where: str = "", window: str = RATE) -> str:
    """Per second, over all processes."""
    grouped = f"sum by ({by}) " if by else "sum"
    return f"{grouped}(rate({counter}{where}{window}))"


def share(counter: str, where: str, window: str = RATE) -> str:
    """Part of a counter in all of it."""
    return f"{rate(counter, '', where, window)} / {rate(counter, window=window)}"


FAILED: Final = '{status="failed"}'
FAULTS: Final = '{status=~"5.."}'
UNSUCCESSFUL: Final = '{outcome=~"failed|retrying"}'
MODELS: Final = '{kind=~"llm|model_turn|retrieve"}'
DONE: Final = '{status="completed"}'
DAY: Final = "[1d]"
DECIDED: Final = '{status="decided"}'
OWN_TIME: Final = '{waited="no"}'
"""Runs that waited for nobody."""
ANSWERED: Final = '{route!~"/v1/.*(events|live|wait|stream).*"}'
"""Requests whose answer does not wait for something on purpose."""
