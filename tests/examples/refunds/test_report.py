"""Reading people's decisions out of the inbox."""

from examples.refunds.report import granted


def approval(order: str, decision: str | None, amount: float | None = None, purpose: str = "approval"):
    data = None if amount is None else {"amount": amount}
    return {"purpose": purpose, "decision": decision, "data": data, "payload": {"order": order}}


def test_amounts_that_people_granted():
    inbox = [
        approval("A-1", "approved", 349.0),
        approval("A-2", "rejected"),
        approval("A-3", "expired"),
        approval("A-4", "retry", purpose="intervention"),
    ]
    assert granted(inbox) == {"A-1": 349.0, "A-2": 0.0, "A-3": 0.0}
