"""The ledger behaves like a payment API: it books once per key, and counts everything it is asked."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from examples.refunds.ledger.app import create_app
from examples.refunds.ledger.store import Ledger

ORDERS = [
    {"id": "A-1", "customer": "Ada", "item": "Lamp", "total": 24.90, "refunded": 0},
    {"id": "A-2", "customer": "Bob", "item": "Desk", "total": 489.00, "refunded": 489.00},
]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def client(database: Path) -> TestClient:
    return TestClient(create_app(Ledger(database, ORDERS)))


def pay(client: TestClient, order: str = "A-1", amount: float = 24.90, key: str | None = "k1"):
    return client.post(
        "/refunds", json={"order": order, "amount": amount}, headers={"Idempotency-Key": key} if key else {}
    )


def test_order_shows_what_is_left(client: TestClient):
    assert client.get("/orders/A-1").json() == {
        "id": "A-1",
        "customer": "Ada",
        "item": "Lamp",
        "total": 24.9,
        "refunded": 0.0,
        "refundable": 24.9,
    }
    assert client.get("/orders/A-2").json()["refundable"] == 0


def test_unknown_order_is_404(client: TestClient):
    assert client.get("/orders/A-9").status_code == 404
    assert pay(client, order="A-9").status_code == 404


def test_same_key_is_booked_once_and_answered_alike(client: TestClient):
    first, second = pay(client), pay(client)
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert client.get("/stats").json() == {
        "total": {"requests": 2, "keys": 1, "replayed": 1, "refunds": 1, "amount": 24.9},
        "orders": {"A-1": {"requests": 2, "keys": 1, "replayed": 1, "refunds": 1, "amount": 24.9}},
    }


def test_same_key_with_another_amount_is_refused(client: TestClient):
    pay(client, amount=10)
    refused = pay(client, amount=11)
    assert (refused.status_code, refused.json()["error"]) == (422, "idempotency_mismatch")
    assert client.get("/stats").json()["total"]["refunds"] == 1


def test_another_key_or_none_is_another_refund(client: TestClient):
    assert [pay(client, amount=10, key=key).status_code for key in ("k1", "k2")] == [201, 201]
    assert pay(client, amount=4.9, key=None).status_code == 201
    assert client.get("/stats").json()["orders"]["A-1"] == {
        "requests": 3,
        "keys": 2,
        "replayed": 0,
        "refunds": 3,
        "amount": 24.9,
    }


def test_never_more_than_the_order_was_worth(client: TestClient):
    assert pay(client, amount=20).status_code == 201
    assert pay(client, amount=5, key="k2").json()["error"] == "amount_too_large"
    assert pay(client, order="A-2", amount=1, key="k3").status_code == 422


@pytest.mark.parametrize(
    "body",
    ["", "[]", "null", '{"order": "A-1"}', '{"order": 7, "amount": 1}', '{"order": "A-1", "amount": 0}',
     '{"order": "A-1", "amount": -5}', '{"order": "A-1", "amount": "5"}', '{"order": "A-1", "amount": true}',
     '{"order": "A-1", "amount": 1e400}', '{"order": "A-1", "amount": NaN}'],
)  # fmt: skip
def test_bad_requests_are_refused(client: TestClient, body: str):
    assert client.post("/refunds", content=body).status_code == 422


def test_requests_at_once_with_one_key_book_one_refund(client: TestClient):
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: pay(client), range(24)))
    assert {answer.status_code for answer in answers} == {201}
    assert client.get("/stats").json()["total"] | {"amount": 0} == {
        "requests": 24,
        "keys": 1,
        "replayed": 23,
        "refunds": 1,
        "amount": 0,
    }


def test_a_lost_answer_was_booked_all_the_same(database: Path):
    client = TestClient(create_app(Ledger(database, ORDERS), lose_answers=1))
    assert pay(client).status_code == 503
    assert pay(client).status_code == 201
    assert client.get("/stats").json()["total"]["refunds"] == 1


def test_everything_survives_a_restart(database: Path):
    before = Ledger(database, ORDERS)
    pay(TestClient(create_app(before)))
    stats = before.stats()
    before.close()
    after = Ledger(database, ORDERS)
    assert after.stats() == stats
    assert after.refund("A-1", 2490, "k1").replayed
