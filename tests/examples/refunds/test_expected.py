"""The demo's own judgement: it must accept the right result and no other."""

from copy import deepcopy
from typing import Any

import pytest
import yaml

from examples.refunds.expected import FOLDER, LIMIT, expect, faults, load, wanted_amount

GRANTED = {"A-1043": 349.0, "A-1045": 450.0, "A-1052": 0.0}


@pytest.fixture
def expected():
    return expect(load("labels.json"), load("ledger/orders.json"), GRANTED)


@pytest.fixture
def output(expected) -> dict[str, Any]:
    return {
        "answers": [
            {
                "mail": one.mail,
                "order": one.order,
                "outcome": one.outcome,
                "refunded": one.refunded,
                "checked": True,
                "reply": f"About {one.order}.",
            }
            for one in expected
        ]
    }


@pytest.fixture
def stats(expected) -> dict[str, Any]:
    counts = {"requests": 1, "keys": 1, "replayed": 0, "refunds": 1}
    return {"orders": {one.order: counts | {"amount": one.refunded} for one in expected if one.refunded}}


def test_every_mail_is_labelled_and_every_case_occurs(expected):
    assert [mail["id"] for mail in load("mails.json")] == [one.mail for one in expected]
    assert {one.outcome for one in expected} == {
        "answer", "unknown_order", "already_refunded", "refunded", "needs_person"
    }  # fmt: skip
    assert {one.order: one.refunded for one in expected if one.outcome == "refunded"} == {
        "A-1042": 24.9,
        "A-1043": 349.0,
        "A-1044": 18.5,
        "A-1045": 450.0,
        "A-1046": 89.99,
        "A-1050": 60.0,
    }


def test_people_decide_about_the_orders_above_the_limit():
    orders = {order["id"]: order for order in load("ledger/orders.json")}
    large = {
        label["order"]
        for label in load("labels.json").values()
        if label["intent"] == "refund" and (order := orders.get(label["order"])) and wanted_amount(label, order) > LIMIT
    }
    assert large == GRANTED.keys()


def test_the_limit_is_that_of_the_workflow():
    document = yaml.safe_load((FOLDER / "workflow.yaml").read_text())
    assert document["vars"]["limit"] == LIMIT


def test_the_right_result_is_accepted(expected, output, stats):
    assert faults(expected, output, stats) == []


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("outcome", "answer", "outcome is 'answer'"),
        ("order", "A-1", "order is 'A-1'"),
        ("refunded", 1.0, "refunded is 1.0"),
        ("checked", False, "did not pass its check"),
        ("reply", "Hello", "does not name order A-1042"),
    ],
)
def test_a_wrong_answer_is_noticed(expected, output, stats, field, value, text):
    output["answers"][0][field] = value
    (fault,) = faults(expected, output, stats)
    assert fault.startswith("m01: ")
    assert text in fault


def test_a_missing_answer_is_noticed(expected, output, stats):
    del output["answers"][3]
    assert faults(expected, output, stats) == ["m04 has no answer."]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"refunds": 2, "amount": 49.8}, "has 2 refunds of 49.8 EUR"),
        ({"amount": 20.0}, "must have one of 24.9 EUR"),
        ({"keys": 2}, "under 2 idempotency keys"),
    ],
)
def test_a_wrong_booking_is_noticed(expected, output, stats, change, text):
    wrong = deepcopy(stats)
    wrong["orders"]["A-1042"] |= change
    (fault,) = faults(expected, output, wrong)
    assert text in fault


def test_missing_and_needless_bookings_are_noticed(expected, output, stats):
    wrong = deepcopy(stats)
    wrong["orders"]["A-1047"] = wrong["orders"].pop("A-1042")
    assert faults(expected, output, wrong) == [
        "Order A-1042 was not refunded.",
        "The ledger was asked to refund order A-1047.",
    ]


def test_repeated_requests_under_one_key_are_no_fault(expected, output, stats):
    stats["orders"]["A-1042"] |= {"requests": 3, "replayed": 2}
    assert faults(expected, output, stats) == []
