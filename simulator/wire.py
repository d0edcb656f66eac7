"""What a vendor's protocol must offer; `openai_protocol` and `anthropic_protocol` are the two of them."""

from collections.abc import Iterator
from typing import Any, Protocol

from simulator.conversation import Answer, Question
from simulator.faults import Refusal


class WireProtocol(Protocol):
    """A module that reads requests and writes answers."""

    def read(self, body: dict[str, Any]) -> Question:
        """The question in a request body."""

    def whole(self, answer: Answer, question: Question, call_id: str) -> dict[str, Any]:
        """The answer as one JSON object."""

    def stream(self, answer: Answer, question: Question, call_id: str) -> Iterator[bytes]:
        """The answer as server-sent events."""

    def without_choices(self, answer: Answer, question: Question, call_id: str) -> Any:
        """An answer that says nothing: a list of stream events, or an object."""

    def stream_error(self) -> bytes:
        """An error that is reported in the middle of a stream."""

    def error(self, refusal: Refusal, model: str) -> dict[str, Any]:
        """Body of an HTTP error."""

    def request_id_header(self) -> str:
        """Name of the header that carries the id of a call."""
