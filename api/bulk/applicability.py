"""To which runs an operation applies, as one SQL expression; and why not to the others."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, case, literal

from db.tables import Run
from engine.steering import RETRYABLE
from schemas.bulk import BulkOperation
from schemas.messages import UNFINISHED, RunStatus

APPLIES: Final = "applies"

WHY_NOT: Final[Mapping[str, str]] = {
    "ended": "They have ended.",
    "unfinished": "They have not ended yet.",
    "completed": "They were completed.",
    "child": "They belong to other runs; retry those.",
    "paused": "They are paused already.",
    "not_paused": "They are not paused.",
    "cancelling": "They are being cancelled already.",
    "no_state": "They were stopped before they could store their state.",
}

_ENDED: Final = Run.status.not_in(UNFINISHED)
_WANTED: Final = Run.steering["action"].astext
_PAUSED: Final = case((_WANTED.in_(("pause", "resume")), _WANTED == "pause"), else_=Run.status == RunStatus.PAUSED)

_RULES: Final[Mapping[BulkOperation, tuple[tuple[ColumnElement[bool], str], ...]]] = {
    BulkOperation.CANCEL: ((_ENDED, "ended"), (_WANTED == "cancel", "cancelling")),
    BulkOperation.TERMINATE: ((_ENDED, "ended"),),
    BulkOperation.PAUSE: ((_ENDED, "ended"), (_PAUSED, "paused")),
    BulkOperation.RESUME: ((_ENDED, "ended"), (~_PAUSED, "not_paused")),
    BulkOperation.RETRY: (
        (Run.status == RunStatus.COMPLETED, "completed"),
        (Run.status.not_in(RETRYABLE), "unfinished"),
        (Run.parent_run_id.is_not(None), "child"),
    ),
    BulkOperation.FORK: ((_ENDED & Run.snapshot.is_(None), "no_state"),),
}


def applicability(operation: BulkOperation) -> ColumnElement[Any]:
    """`APPLIES`, or the key of the reason in `WHY_NOT`."""
    return case(*_RULES[operation], else_=literal(APPLIES))
