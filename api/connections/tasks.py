"""What only workers do, because they alone open secrets and reach the outside; a person waits for it."""

from datetime import timedelta
from typing import Any, Final, Literal
from uuid import UUID

from api.asking_workers import Question, ask_worker
from api.services import Services
from schemas.connections.messages import (
    CONNECTION_TASK,
    CheckStore,
    ConnectionTask,
    FinishConnection,
    RefreshConnection,
    TaskDone,
    TryAction,
)

PATIENCE: Final = timedelta(seconds=45)

_Order = FinishConnection | RefreshConnection | TryAction | CheckStore
_Activity = Literal["finish_connection", "refresh_connection", "try_action", "check_secret_store"]


async def done_by_worker(services: Services, workspace_id: UUID, activity: _Activity, order: _Order) -> dict[str, Any]:
    """Have a worker do something; what it answers.

    Raises:
        RequestError: what the activity raises, `unavailable` if no worker answers.
    """
    task = ConnectionTask(workspace_id=str(workspace_id), activity=activity, order=order)
    silence = "No worker has done it in time; look whether it was done, and try again."
    done = await ask_worker(services, Question(CONNECTION_TASK, task, PATIENCE, silence), TaskDone)
    answer: dict[str, Any] = done.answer
    return answer
