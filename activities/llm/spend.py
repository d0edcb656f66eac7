"""What one attempt of a step took in tokens and money."""

from decimal import Decimal
from typing import Any

from activities.llm import prices
from activities.llm.estimates import tokens_of
from activities.llm.meter import Meter, NoMeter, Planned
from activities.llm.reply import Reply


class Spend:
    """Tokens and money of one attempt, every call of it included."""

    def __init__(self, meter: Meter | None = None) -> None:
        self.meter = meter or NoMeter()
        self.tokens_in = 0
        self.tokens_out = 0
        self.cost = Decimal(0)
        self.calls = 0
        self.unpriced: set[str] = set()
        self.uncounted = False
        self.estimated = False

    def add(self, call: Planned, reply: Reply, *, broken: bool) -> Decimal:
        """Count a call, whatever came of it; what it cost."""
        if reply.started and (reply.finish is None or (broken and not reply.usage.tokens_in)):
            self._estimate(call, reply)
        route, usage = call.route, reply.usage
        self.calls += 1
        self.tokens_in += usage.tokens_in
        self.tokens_out += usage.tokens_out
        cost = prices.cost_of(route, usage)
        if cost is None and usage.tokens_in:
            self.unpriced.add(route.model)
        self.cost += cost or 0
        self.uncounted |= reply.finish is not None and not usage.tokens_in
        return cost or Decimal(0)

    def _estimate(self, call: Planned, reply: Reply) -> None:
        """An answer that broke off is paid for all the same, and what it took is mostly told at its end."""
        usage, heard = reply.usage, tokens_of(reply.heard) if reply.heard else 0
        if usage.tokens_in and usage.tokens_out >= heard:
            return
        self.estimated = True
        usage.fresh_in += 0 if usage.tokens_in else call.sent
        usage.tokens_out = max(usage.tokens_out, heard)

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
        if self.estimated:
            report["usage_estimated"] = True
        return report
