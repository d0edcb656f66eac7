"""What an agent remembers from turn to turn: plain data in its node's memo, so that it survives a fresh history."""

from typing import Any

from pydantic_core import to_json

from schemas.agents import dumped
from schemas.conversation import Message
from schemas.messages import StepResult
from workflows.graph_run.node_call import NodeCall

LEAST_SECONDS = 1.0
"""Every step has this long at least."""

COUNTERS = ("turns", "tokens", "cost_usd", "seconds")
"""What limits are about."""


class Conversation:
    """The transcript of one agent, how far it has come, and what it has used.

    Args:
        call: The node.
        begin: Messages that it begins with, unless it has begun before.
        seconds: How long the agent may work.
    """

    def __init__(self, call: NodeCall, begin: list[Message], seconds: float | None = None) -> None:
        self._call = call
        self._limit = seconds
        if "agent" not in call.memo:
            call.memo["agent"] = _fresh([dumped(message) for message in begin])
            self._account(self.messages)
        self.data.setdefault("results", {})

    @property
    def data(self) -> dict[str, Any]:
        """All of it, as JSON data."""
        data: dict[str, Any] = self._call.memo["agent"]
        return data

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The transcript, without the instructions."""
        messages: list[dict[str, Any]] = self.data["messages"]
        return messages

    @property
    def said(self) -> list[dict[str, Any]]:
        """What was said in this run, as far as no summary stands for it."""
        return self.messages[self.data["own"] :]

    @property
    def results(self) -> dict[str, Any]:
        """Answers to the tool calls of the turn under way, by position."""
        results: dict[str, Any] = self.data["results"]
        return results

    @property
    def turn(self) -> int:
        """Number of the next model call."""
        turn: int = self.data["turn"]
        return turn

    def append(self, message: dict[str, Any]) -> None:
        """Somebody has said something."""
        self.messages.append(message)
        self._account([message])

    def put(self, position: int, message: dict[str, Any]) -> None:
        """A message stands in the place of another one now."""
        self._account([self.messages[position]], -1)
        self.messages[position] = message
        self._account([message])

    def replace(self, head: list[dict[str, Any]], last: list[dict[str, Any]], summary: str) -> None:
        """The transcript begins with `head` now, whose summary stands for all that was said before `last`."""
        self._account(self.messages, -1)
        self.data.update({"messages": [*head, *last], "own": len(head), "summary": summary, "context": 0})
        self._account(self.messages)

    def spent(self, result: StepResult) -> None:
        """A step has taken tokens and money."""
        self.data["tokens_in"] += result.tokens_in
        self.data["tokens_out"] += result.tokens_out
        self.data["cost_usd"] += result.cost_usd

    def took(self, cost_usd: float) -> None:
        """Runs that the agent has started have taken money."""
        self.data["cost_usd"] += cost_usd

    def used(self) -> dict[str, float]:
        """What counts against the limits; a retry after a limit begins anew."""
        since: dict[str, float] = self.data["since"]
        return {name: value - since.get(name, 0) for name, value in self._counted().items()}

    def time_for(self, seconds: float) -> float:
        """How long a step may take that has so many seconds by itself: no longer than the agent may still work."""
        if self._limit is None:
            return seconds
        return min(seconds, max(self._limit - self.used()["seconds"], LEAST_SECONDS))

    def allow_more(self) -> None:
        """A limit was told; whoever lets the agent go on gives it the same again."""
        self.data["since"] = self._counted()

    def _counted(self) -> dict[str, float]:
        data = self.data
        tokens = data["tokens_in"] + data["tokens_out"]
        values = (data["turn"] - data["first_turn"], tokens, data["cost_usd"], data["seconds"])
        return dict(zip(COUNTERS, values, strict=True))

    def _account(self, messages: list[dict[str, Any]], sign: int = 1) -> None:
        change = sign * sum(len(to_json(message)) for message in messages)
        self._call.state.size += change
        self._call.run.account(change)


def _fresh(messages: list[dict[str, Any]]) -> dict[str, Any]:
    return {**begun(messages, turn=0), "own": len(messages)}


def begun(messages: list[dict[str, Any]], *, turn: int) -> dict[str, Any]:
    """What an agent remembers that goes on with a transcript at a turn."""
    return {
        "messages": messages,
        "own": 0,
        "summary": None,
        "turn": turn,
        "first_turn": turn,
        "compactions": 0,
        "tool_calls": 0,
        "tokens_in": 0,
        "tokens_out": 0,
        "cost_usd": 0.0,
        "seconds": 0.0,
        "since": {},
        "results": {},
        "context": 0,
        "context_limit": None,
    }
