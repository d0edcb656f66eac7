"""What one attempt of a step took in tokens and money."""

from decimal import Decimal
from typing import Any

from activities.llm import prices
from activities.llm.call import Reply
from activities.llm.routing import Route


class Spend:
    """Tokens and money of one attempt, every call of it included."""

    def __init__(self) -> None:
        self.tokens_in = 0
        self.tokens_out = 0
        self.cost = Decimal(0)
        self.calls = 0
        self.unpriced: set[str] = set()
        self.uncounted = False

    def add(self, route: Route, reply: Reply) -> None:
        """Count a call, whatever came of it."""
        usage = reply.usage
        self.calls += 1
        self.tokens_in += usage.tokens_in
        self.tokens_out += usage.tokens_out
        cost = prices.cost_of(route, usage)
        if cost is None and usage.tokens_in:
            self.unpriced.add(route.model)
        self.cost += cost or 0
        self.uncounted |= reply.finish is not None and not usage.tokens_in

    def report(self) -> dict[str, Any]:
        """The counters as JSON."""
        report: dict[str, Any] = {
            "calls": self.calls,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cost_usd": float(self.cost),
        }
        if self.unpriced:
            report["price_unknown"] = sorted(self.unpriced)
        if self.uncounted:
            report["usage_unknown"] = True
        return report
