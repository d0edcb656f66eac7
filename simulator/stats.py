"""Counts of calls, so that a test can prove that no model call was paid twice."""

from collections import Counter
from typing import Any


class Stats:
    """Counters of one simulator process.

    A call is *started* when the model begins to work on it and *completed* when the whole answer has been sent;
    what a vendor would bill is every completed call.
    """

    def __init__(self) -> None:
        self._started: Counter[str] = Counter()
        self._completed: Counter[str] = Counter()
        self._refused = 0
        self._tokens_in = 0
        self._tokens_out = 0
        self._attempts: Counter[str] = Counter()
        self._connections: set[tuple[str, int]] = set()

    def attempt(self, key: str) -> int:
        """Number of this attempt under a key, from 1."""
        self._attempts[key] += 1
        return self._attempts[key]

    def start(self, step: str, client: tuple[str, int] | None) -> None:
        """A call begins, over the connection from this address and port."""
        self._started[step] += 1
        if client:
            self._connections.add(client)

    def complete(self, step: str, tokens_in: int, tokens_out: int) -> None:
        """A call was answered in full."""
        self._completed[step] += 1
        self._tokens_in += tokens_in
        self._tokens_out += tokens_out

    def refuse(self) -> None:
        """A call was answered with an error."""
        self._refused += 1

    def report(self) -> dict[str, Any]:
        """All counters; `by_step` is keyed by the `x-perdure-step` header, else by a digest of the request."""
        return {
            "started": self._started.total(),
            "completed": self._completed.total(),
            "refused": self._refused,
            "connections": len(self._connections),
            "tokens_in": self._tokens_in,
            "tokens_out": self._tokens_out,
            "started_by_step": dict(self._started),
            "by_step": dict(self._completed),
        }
