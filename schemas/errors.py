"""Every error Perdure can report: one closed list of codes, one reaction per class.

    PerdureError                     raised anywhere, carries an `ErrorInfo`
      code  -> ErrorClass            CLASS_OF: which family the code belongs to
      class -> Reaction              REACTIONS: is it retried, which HTTP status answers it

Nothing branches on message text: callers look at `code` or `error_class`.
"""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

MAX_MESSAGE_CHARS = 8_000


class ErrorClass(StrEnum):
    """Families of errors; each has exactly one reaction."""

    TRANSIENT = "transient"
    RATE_LIMITED = "rate_limited"
    DEFERRED = "deferred"
    QUOTA = "quota"
    USER_CONFIG = "user_config"
    NEEDS_USER = "needs_user"
    REJECTED = "rejected"
    BUDGET = "budget"
    CANCELLED = "cancelled"
    INTERNAL = "internal"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    GONE = "gone"
    UNAVAILABLE = "unavailable"


class ErrorCode(StrEnum):
    """Stable codes, part of the public API: never renamed, never reused."""

    # transient: the same call may succeed later
    NETWORK = "network"
    TIMEOUT = "timeout"
    UPSTREAM_FAILED = "upstream_failed"
    STREAM_CUT = "stream_cut"
    OUTPUT_INVALID = "output_invalid"
    # rate limited
    RATE_LIMITED = "rate_limited"
    # our own limits: the step waits its turn, which is no failed attempt
    THROTTLED = "throttled"
    # the workflow or its input must change
    INVALID_DOCUMENT = "invalid_document"
    INVALID_REQUEST = "invalid_request"
    INVALID_INPUT = "invalid_input"
    INVALID_CONFIG = "invalid_config"
    INVALID_FORM = "invalid_form"
    INVALID_TEXT = "invalid_text"
    EXPRESSION_FAILED = "expression_failed"
    UNKNOWN_MODEL = "unknown_model"
    UPSTREAM_REFUSED = "upstream_refused"
    ADDRESS_DENIED = "address_denied"
    CODE_FAILED = "code_failed"
    CODE_LIMIT = "code_limit"
    RESULT_TOO_LARGE = "result_too_large"
    STATE_TOO_LARGE = "state_too_large"
    LOOP_LIMIT = "loop_limit"
    ITEM_FAILED = "item_failed"
    CHILD_FAILED = "child_failed"
    # a person must act first
    MISSING_CREDENTIAL = "missing_credential"
    AUTH_FAILED = "auth_failed"
    OUTCOME_UNKNOWN = "outcome_unknown"
    TOOLS_CHANGED = "tools_changed"
    # refused by a person or a model
    REJECTED = "rejected"
    CONTENT_REFUSED = "content_refused"
    APPROVAL_MISMATCH = "approval_mismatch"
    # limits of the run
    RUN_TIMEOUT = "run_timeout"
    STEP_LIMIT = "step_limit"
    COST_LIMIT = "cost_limit"
    BUDGET_EXHAUSTED = "budget_exhausted"
    # limits of an agent; what its calls cost ends in cost_limit too
    TURN_LIMIT = "turn_limit"
    TOKEN_LIMIT = "token_limit"  # noqa: S105 - tokens of a model
    TIME_LIMIT = "time_limit"
    # ended from outside
    CANCELLED = "cancelled"
    TERMINATED = "terminated"
    # our own fault
    INTERNAL = "internal"
    # answers of the API
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    ALREADY_DECIDED = "already_decided"
    ALREADY_ANSWERED = "already_answered"
    STALE_APPROVAL = "stale_approval"
    CLAIMED = "claimed"
    UNDO_REFUSED = "undo_refused"
    SELF_APPROVAL = "self_approval"
    NOT_ASSIGNED = "not_assigned"
    ASSIGNMENT_RELEASED = "assignment_released"
    LINK_EXPIRED = "link_expired"
    LINK_USED = "link_used"
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"
    STALE_REVISION = "stale_revision"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    QUOTA_EXCEEDED = "quota_exceeded"
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    DATA_ERASED = "data_erased"
    UNAVAILABLE = "unavailable"


class Reaction(BaseModel):
    """What Perdure does on an error of a class."""

    model_config = ConfigDict(frozen=True)

    retryable: bool = Field(description="Whether a step that fails with it is attempted again.")
    http_status: int = Field(description="Status of an HTTP answer that reports it.")


REACTIONS: dict[ErrorClass, Reaction] = {
    ErrorClass.TRANSIENT: Reaction(retryable=True, http_status=502),
    ErrorClass.RATE_LIMITED: Reaction(retryable=True, http_status=429),
    # Not by Temporal, which would count it: the workflow schedules the step again.
    ErrorClass.DEFERRED: Reaction(retryable=False, http_status=429),
    # A quota outlasts the attempts of a step: it fails at once, and can be retried when the quota was raised.
    ErrorClass.QUOTA: Reaction(retryable=False, http_status=429),
    ErrorClass.USER_CONFIG: Reaction(retryable=False, http_status=422),
    ErrorClass.NEEDS_USER: Reaction(retryable=False, http_status=424),
    ErrorClass.REJECTED: Reaction(retryable=False, http_status=422),
    ErrorClass.BUDGET: Reaction(retryable=False, http_status=402),
    ErrorClass.CANCELLED: Reaction(retryable=False, http_status=409),
    ErrorClass.INTERNAL: Reaction(retryable=True, http_status=500),
    ErrorClass.NOT_FOUND: Reaction(retryable=False, http_status=404),
    ErrorClass.CONFLICT: Reaction(retryable=False, http_status=409),
    ErrorClass.UNAUTHENTICATED: Reaction(retryable=False, http_status=401),
    ErrorClass.FORBIDDEN: Reaction(retryable=False, http_status=403),
    ErrorClass.TOO_LARGE: Reaction(retryable=False, http_status=413),
    ErrorClass.UNSUPPORTED: Reaction(retryable=False, http_status=415),
    ErrorClass.GONE: Reaction(retryable=False, http_status=410),
    ErrorClass.UNAVAILABLE: Reaction(retryable=True, http_status=503),
}

_C, _E = ErrorClass, ErrorCode
CLASS_OF: dict[ErrorCode, ErrorClass] = {
    _E.NETWORK: _C.TRANSIENT,
    _E.TIMEOUT: _C.TRANSIENT,
    _E.UPSTREAM_FAILED: _C.TRANSIENT,
    _E.STREAM_CUT: _C.TRANSIENT,
    _E.OUTPUT_INVALID: _C.TRANSIENT,
    _E.RATE_LIMITED: _C.RATE_LIMITED,
    _E.THROTTLED: _C.DEFERRED,
    _E.INVALID_DOCUMENT: _C.USER_CONFIG,
    _E.INVALID_REQUEST: _C.USER_CONFIG,
    _E.INVALID_INPUT: _C.USER_CONFIG,
    _E.INVALID_CONFIG: _C.USER_CONFIG,
    _E.INVALID_FORM: _C.USER_CONFIG,
    _E.INVALID_TEXT: _C.USER_CONFIG,
    _E.EXPRESSION_FAILED: _C.USER_CONFIG,
    _E.UNKNOWN_MODEL: _C.USER_CONFIG,
    _E.UPSTREAM_REFUSED: _C.USER_CONFIG,
    _E.ADDRESS_DENIED: _C.USER_CONFIG,
    _E.CODE_FAILED: _C.USER_CONFIG,
    _E.CODE_LIMIT: _C.USER_CONFIG,
    _E.RESULT_TOO_LARGE: _C.USER_CONFIG,
    _E.STATE_TOO_LARGE: _C.USER_CONFIG,
    _E.LOOP_LIMIT: _C.USER_CONFIG,
    _E.ITEM_FAILED: _C.USER_CONFIG,
    _E.CHILD_FAILED: _C.USER_CONFIG,
    _E.MISSING_CREDENTIAL: _C.NEEDS_USER,
    _E.AUTH_FAILED: _C.NEEDS_USER,
    _E.OUTCOME_UNKNOWN: _C.NEEDS_USER,
    _E.TOOLS_CHANGED: _C.NEEDS_USER,
    _E.REJECTED: _C.REJECTED,
    _E.CONTENT_REFUSED: _C.REJECTED,
    _E.APPROVAL_MISMATCH: _C.REJECTED,
    _E.RUN_TIMEOUT: _C.BUDGET,
    _E.STEP_LIMIT: _C.BUDGET,
    _E.COST_LIMIT: _C.BUDGET,
    _E.BUDGET_EXHAUSTED: _C.BUDGET,
    _E.TURN_LIMIT: _C.BUDGET,
    _E.TOKEN_LIMIT: _C.BUDGET,
    _E.TIME_LIMIT: _C.BUDGET,
    _E.CANCELLED: _C.CANCELLED,
    _E.TERMINATED: _C.CANCELLED,
    _E.INTERNAL: _C.INTERNAL,
    _E.NOT_FOUND: _C.NOT_FOUND,
    _E.CONFLICT: _C.CONFLICT,
    _E.ALREADY_DECIDED: _C.CONFLICT,
    _E.ALREADY_ANSWERED: _C.CONFLICT,
    _E.STALE_APPROVAL: _C.CONFLICT,
    _E.CLAIMED: _C.CONFLICT,
    _E.UNDO_REFUSED: _C.CONFLICT,
    _E.SELF_APPROVAL: _C.FORBIDDEN,
    _E.NOT_ASSIGNED: _C.FORBIDDEN,
    _E.ASSIGNMENT_RELEASED: _C.FORBIDDEN,
    _E.LINK_EXPIRED: _C.CONFLICT,
    _E.LINK_USED: _C.CONFLICT,
    _E.IDEMPOTENCY_MISMATCH: _C.CONFLICT,
    _E.UNAUTHENTICATED: _C.UNAUTHENTICATED,
    _E.STALE_REVISION: _C.CONFLICT,
    _E.FORBIDDEN: _C.FORBIDDEN,
    _E.QUOTA_EXCEEDED: _C.QUOTA,
    _E.BODY_TOO_LARGE: _C.TOO_LARGE,
    _E.UNSUPPORTED_MEDIA_TYPE: _C.UNSUPPORTED,
    _E.DATA_ERASED: _C.GONE,
    _E.UNAVAILABLE: _C.UNAVAILABLE,
}


class ErrorInfo(BaseModel):
    """An error as data: stored in the run log, carried through Temporal, answered by the API."""

    model_config = ConfigDict(frozen=True)

    code: ErrorCode
    message: str = Field(
        max_length=MAX_MESSAGE_CHARS,
        description="One sentence for a person: what is wrong and what to do. Holds no secret.",
    )
    node: str | None = Field(default=None, description="Path of the node that failed.")
    details: dict[str, Any] = Field(default_factory=dict, description="Facts for a program.")

    @property
    def error_class(self) -> ErrorClass:
        """Family of the code."""
        return CLASS_OF[self.code]

    @property
    def reaction(self) -> Reaction:
        """What to do about it."""
        return REACTIONS[self.error_class]

    def at(self, node: str) -> "ErrorInfo":
        """The same error, placed at a node."""
        return self.model_copy(update={"node": node})


class PerdureError(Exception):
    """The one exception type that crosses our own boundaries.

    Args:
        code: What went wrong.
        message: One sentence for a person; cut to 8,000 characters, what cannot be stored in it is replaced.
        retry_after: Seconds after which another attempt may succeed, if the other side said so.
        details: Facts for a program (must be JSON).
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        retry_after: float | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        text = message.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
        cut = text if len(text) <= MAX_MESSAGE_CHARS else text[: MAX_MESSAGE_CHARS - 1] + "…"
        super().__init__(cut)
        self.info = ErrorInfo(code=code, message=cut, details=details or {})
        self.retry_after = retry_after

    @property
    def code(self) -> ErrorCode:
        """The stable code."""
        return self.info.code
