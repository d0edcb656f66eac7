"""The ledger's own SQLite database: orders, refunds, answers by idempotency key, and a log of requests.

Money is kept in cents; the HTTP side speaks of euros.
"""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, customer TEXT NOT NULL, item TEXT NOT NULL,
    total INTEGER NOT NULL, refunded_before INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS refunds (
    number INTEGER PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders, amount INTEGER NOT NULL, key TEXT
);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS requests (
    number INTEGER PRIMARY KEY, order_id TEXT NOT NULL, key TEXT, replayed INTEGER NOT NULL
);
"""


@dataclass(frozen=True)
class Answer:
    """What the ledger replies to a refund request."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


def euros(cents: int) -> float:
    """Cents as the number of euros that JSON shows."""
    return cents / 100


class Ledger:
    """All reads and writes; every method is one transaction.

    Args:
        path: SQLite file, created if missing.
        orders: Rows put in place when the file has no orders yet.
    """

    def __init__(self, path: Path, orders: list[dict[str, Any]]) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {SCHEMA}")
        self._seed(orders)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def order(self, order_id: str) -> dict[str, Any] | None:
        """One order with what was refunded so far and what may still be."""
        with self._transaction() as db:
            row = db.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
            if row is None:
                return None
            refunded = self._refunded(db, row)
        return {
            "id": row["id"],
            "customer": row["customer"],
            "item": row["item"],
            "total": euros(row["total"]),
            "refunded": euros(refunded),
            "refundable": euros(row["total"] - refunded),
        }

    def refund(self, order_id: str, cents: int, key: str | None) -> Answer:
        """Book a refund, or repeat the answer that this key was given before."""
        with self._transaction() as db:
            known = db.execute("SELECT * FROM answers WHERE key = ?", (key,)).fetchone() if key else None
            fingerprint = hashlib.sha256(f"{order_id}\n{cents}".encode()).hexdigest()
            db.execute(
                "INSERT INTO requests (order_id, key, replayed) VALUES (?, ?, ?)", (order_id, key, known is not None)
            )
            if known is not None:
                return _repeated(known, fingerprint)
            answer = self._book(db, order_id, cents, key)
            if key:
                db.execute(
                    "INSERT INTO answers VALUES (?, ?, ?, ?)",
                    (key, fingerprint, answer.status, json.dumps(answer.body)),
                )
            return answer

    def stats(self) -> dict[str, Any]:
        """Requests, distinct keys, refunds and money, in all and per order."""
        with self._transaction() as db:
            asked = db.execute(
                "SELECT order_id, count(*) AS requests, count(DISTINCT key) AS keys, sum(replayed) AS replayed"
                " FROM requests GROUP BY order_id"
            ).fetchall()
            booked = db.execute(
                "SELECT order_id, count(*) AS refunds, sum(amount) AS amount FROM refunds GROUP BY order_id"
            ).fetchall()
        orders: dict[str, dict[str, float]] = {row["order_id"]: dict.fromkeys(_COUNTS, 0) for row in asked}
        for row in asked:
            orders[row["order_id"]] |= {name: row[name] for name in ("requests", "keys", "replayed")}
        for row in booked:
            orders[row["order_id"]] |= {"refunds": row["refunds"], "amount": euros(row["amount"])}
        total = {name: round(sum(counts[name] for counts in orders.values()), 2) for name in _COUNTS}
        return {"total": total, "orders": orders}

    def _seed(self, orders: list[dict[str, Any]]) -> None:
        with self._transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO orders VALUES (?, ?, ?, ?, ?)",
                [
                    (o["id"], o["customer"], o["item"], round(o["total"] * 100), round(o["refunded"] * 100))
                    for o in orders
                ],
            )

    def _book(self, db: sqlite3.Connection, order_id: str, cents: int, key: str | None) -> Answer:
        row = db.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
        if row is None:
            return Answer(404, {"error": "unknown_order", "message": f"There is no order {order_id}."})
        left = row["total"] - self._refunded(db, row)
        if cents > left:
            text = f"Order {order_id} has {euros(left):.2f} EUR left to refund."
            return Answer(422, {"error": "amount_too_large", "message": text})
        number = db.execute(
            "INSERT INTO refunds (order_id, amount, key) VALUES (?, ?, ?)", (order_id, cents, key)
        ).lastrowid
        return Answer(201, {"id": f"R-{number:04d}", "order": order_id, "amount": euros(cents), "currency": "EUR"})

    def _refunded(self, db: sqlite3.Connection, order: sqlite3.Row) -> int:
        (booked,) = db.execute(
            "SELECT coalesce(sum(amount), 0) FROM refunds WHERE order_id = ?", (order["id"],)
        ).fetchone()
        return int(order["refunded_before"]) + int(booked)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


_COUNTS = ("requests", "keys", "replayed", "refunds", "amount")


def _repeated(known: sqlite3.Row, fingerprint: str) -> Answer:
    if known["fingerprint"] != fingerprint:
        text = "This Idempotency-Key was used with another order or amount."
        return Answer(422, {"error": "idempotency_mismatch", "message": text})
    return Answer(known["status"], json.loads(known["body"]), replayed=True)
