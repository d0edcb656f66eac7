"""Which run a workflow of Temporal belongs to, by its id."""

import re
from typing import Final
from uuid import UUID

_WORKFLOW_ID: Final = re.compile(r"run-([0-9a-f-]{36})(?:\.(\d+))?(/.+)?")


def run_of_workflow(name: str) -> tuple[UUID, int, bool] | None:
    """Run and attempt that a workflow executes, and whether all of it instead of a chunk; nothing of other kinds."""
    found = _WORKFLOW_ID.fullmatch(name)
    return None if found is None else (UUID(found[1]), int(found[2] or 1), found[3] is None)
