"""Calls that were sent and never answered: what is known of one, and the error that asks a person. Pure."""

from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.messages import Message


class Lost(StrEnum):
    """How the answer to a call was lost."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    GATEWAY = "gateway"
    CUT = "cut"
    WORKER = "worker"


HOW: Final[dict[Lost, str]] = {
    Lost.TIMEOUT: "no answer came in time",
    Lost.CONNECTION: "the connection broke before an answer came",
    Lost.GATEWAY: "a server on the way had no answer from the one behind it",
    Lost.CUT: "the answer began as a success but could not be read to its end",
    Lost.WORKER: "the worker that sent it died or was cut off before it could record an answer",
}
"""What each of them means to a person; goes behind “it was sent, but”."""


class SentCall(BaseModel):
    """A call that has left us. Holds no secret."""

    model_config = ConfigDict(frozen=True)

    to: str = Field(description="Method and server, such as `POST https://api.example.com`.")
    idempotency_key: str | None = Field(default=None, description="Key under which the other side may know it.")
    attempt: int = Field(description="Attempt of the step that sent it.")
    at: str = Field(description="When it left, RFC 3339.")


class UnansweredCall(BaseModel):
    """The evidence: a call and how its answer was lost. `details` of the error `outcome_unknown`."""

    model_config = ConfigDict(frozen=True)

    call: SentCall
    lost: Lost
    status: int | None = Field(default=None, description="HTTP status, if the answer began.")
    cause: str | None = Field(default=None, description="Message of the error that ended the attempt.")

    @property
    def how(self) -> str:
        """How the answer was lost, as the end of a sentence."""
        return HOW[self.lost]


def outcome_unknown(evidence: UnansweredCall) -> PerdureError:
    """The error of a step of which nobody knows whether it was done."""
    message = (
        f"Nobody knows whether {evidence.call.to} was carried out: it was sent, but {evidence.how}. "
        "A person must look there before it is sent again."
    )
    return PerdureError(ErrorCode.OUTCOME_UNKNOWN, message, details=evidence.model_dump(mode="json"))


def evidence_of(error: ErrorInfo) -> UnansweredCall | None:
    """What is known of the call, if the error is about one that was never answered."""
    return UnansweredCall.model_validate(error.details) if error.code is ErrorCode.OUTCOME_UNKNOWN else None


class FindCall(Message):
    """Activity `find_call`: give a step up whose worker is silent. Result: `FoundCall`."""

    run_id: str
    run_attempt: int = 1
    path: str
    iteration: int = 0


class FoundCall(Message):
    """What that worker had sent without recording an answer."""

    call: SentCall | None = None
