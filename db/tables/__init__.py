"""Tables by subject. Importing this package registers all of them."""

from db.tables.base import Base
from db.tables.outbox import OutboxRow
from db.tables.people import Approval
from db.tables.runs import Run, RunEventRow, Step
from db.tables.waits import Event, Waiter
from db.tables.workflows import Blob, Workflow, WorkflowVersion
from db.tables.workspaces import DEFAULT_WORKSPACE_ID, Workspace

__all__ = [
    "DEFAULT_WORKSPACE_ID",
    "Approval",
    "Base",
    "Blob",
    "Event",
    "OutboxRow",
    "Run",
    "RunEventRow",
    "Step",
    "Waiter",
    "Workflow",
    "WorkflowVersion",
    "Workspace",
]
