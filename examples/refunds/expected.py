"""What must come of the mails: worked out from labels, orders and people's decisions, without asking the run."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
LIMIT = 100.0
"""Euros above which a person decides; `vars.limit` of the workflow."""


@dataclass(frozen=True)
class Expected:
    """What must come of one mail."""

    mail: str
    order: str | None
    outcome: str
    refunded: float = 0.0


def load(name: str) -> Any:
    """A JSON file of this folder."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def wanted_amount(label: Mapping[str, Any], order: Mapping[str, Any]) -> float:
    """What the customer asks for: the amount named in the mail, else all that is left."""
    left = round(float(order["total"]) - float(order["refunded"]), 2)
    return left if label["amount"] is None else float(label["amount"])


def expect(
    labels: Mapping[str, Mapping[str, Any]], orders: Iterable[Mapping[str, Any]], granted: Mapping[str, float]
) -> list[Expected]:
    """What must come of every mail.

    Args:
        labels: By mail id, what a careful reader finds in the mail: intent, order, amount.
        orders: The ledger's orders as they were before the run.
        granted: By order id, the euros that a person approved; 0 where a person refused.
    """
    known = {str(order["id"]): order for order in orders}
    return [_expect_one(mail, label, known, granted) for mail, label in labels.items()]


def _expect_one(
    mail: str,
    label: Mapping[str, Any],
    orders: Mapping[str, Mapping[str, Any]],
    granted: Mapping[str, float],
) -> Expected:
    number = label["order"]
    if label["intent"] != "refund" or number is None:
        return Expected(mail, number, "answer")
    order = orders.get(number)
    if order is None:
        return Expected(mail, number, "unknown_order")
    if order["refunded"] >= order["total"]:
        return Expected(mail, number, "already_refunded")
    amount = wanted_amount(label, order)
    if amount <= LIMIT:
        return Expected(mail, number, "refunded", amount)
    euros = granted.get(number, 0.0)
    return Expected(mail, number, "refunded", euros) if euros else Expected(mail, number, "needs_person")


def faults(expected: Iterable[Expected], output: Mapping[str, Any], stats: Mapping[str, Any]) -> list[str]:
    """Everything that is not as it must be, in sentences; empty when all is right.

    Args:
        expected: What must have come of the mails.
        output: The run's output.
        stats: The ledger's counts, from `GET /stats`.
    """
    wanted = {one.mail: one for one in expected}
    answers = {answer["mail"]: answer for answer in output["answers"]}
    found = [f"{mail} has no answer." for mail in wanted.keys() - answers.keys()]
    found += [f"{mail} was never sent in." for mail in answers.keys() - wanted.keys()]
    for mail in sorted(wanted.keys() & answers.keys()):
        found += _answer_faults(wanted[mail], answers[mail])
    return found + _ledger_faults(wanted.values(), stats)


def _answer_faults(wanted: Expected, answer: Mapping[str, Any]) -> list[str]:
    found = []
    for name, right in (("order", wanted.order), ("outcome", wanted.outcome), ("refunded", wanted.refunded)):
        if answer[name] != right:
            found.append(f"{wanted.mail}: {name} is {answer[name]!r}, but must be {right!r}.")
    if not answer["checked"]:
        found.append(f"{wanted.mail}: the reply did not pass its check.")
    if wanted.order and wanted.order not in answer["reply"]:
        found.append(f"{wanted.mail}: the reply does not name order {wanted.order}.")
    return found


def _ledger_faults(wanted: Iterable[Expected], stats: Mapping[str, Any]) -> list[str]:
    paid = {one.order: one.refunded for one in wanted if one.outcome == "refunded"}
    booked = stats["orders"]
    found = [f"Order {order} was not refunded." for order in paid.keys() - booked.keys()]
    found += [f"The ledger was asked to refund order {order}." for order in booked.keys() - paid.keys()]
    for order in sorted(paid.keys() & booked.keys()):
        counts = booked[order]
        if counts["refunds"] != 1 or counts["amount"] != paid[order]:
            text = f"{counts['refunds']} refunds of {counts['amount']} EUR"
            found.append(f"Order {order} has {text}, but must have one of {paid[order]} EUR.")
        if counts["keys"] != 1:
            found.append(f"Order {order} was asked for under {counts['keys']} idempotency keys instead of one.")
    return found
