"""The ledger over HTTP: `GET /orders/{id}`, `POST /refunds`, `GET /stats`, `GET /health`."""

import json
import threading
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.refunds.ledger.store import Answer, Ledger


class LostAnswers:
    """Loses the answers to the first few refunds that were booked, as networks do: 503 after the money moved."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._lock = threading.Lock()

    def loses(self, answer: Answer) -> bool:
        """Whether the caller is not to see this answer."""
        with self._lock:
            if answer.status != 201 or answer.replayed or self._left == 0:
                return False
            self._left -= 1
            return True


def create_app(ledger: Ledger, lose_answers: int = 0) -> Starlette:
    """The service.

    Args:
        ledger: Where everything is kept.
        lose_answers: How many booked refunds are answered by 503, so that the caller must ask again.
    """
    lost = LostAnswers(lose_answers)

    # The database calls block for well under a millisecond each; Starlette runs plain functions in threads.
    def order(request: Request) -> Response:
        found = ledger.order(request.path_params["order_id"])
        if found is None:
            return _problem(404, "unknown_order", f"There is no order {request.path_params['order_id']}.")
        return JSONResponse(found)

    async def refund(request: Request) -> Response:
        asked = _parse(await request.body())
        if asked is None:
            return _problem(422, "invalid_refund", 'Send {"order": "A-1042", "amount": 24.90}; amounts are above 0.')
        answer = ledger.refund(*asked, request.headers.get("idempotency-key"))
        if lost.loses(answer):
            return _problem(503, "unavailable", "The line went dead.")
        headers = {"Idempotent-Replayed": "true"} if answer.replayed else None
        return JSONResponse(answer.body, answer.status, headers=headers)

    def stats(request: Request) -> Response:
        return JSONResponse(ledger.stats())

    def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            Route("/orders/{order_id}", order),
            Route("/refunds", refund, methods=["POST"]),
            Route("/stats", stats),
            Route("/health", health),
        ]
    )


def _parse(body: bytes) -> tuple[str, int] | None:
    """Order id and cents of a refund request."""
    try:
        asked: Any = json.loads(body)
        order_id, amount = asked["order"], asked["amount"]
        cents = round(amount * 100)
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return (order_id, cents) if isinstance(order_id, str) and not isinstance(amount, bool) and cents > 0 else None


def _problem(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": code, "message": message}, status)
