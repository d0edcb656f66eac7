"""Answers of hooks that wait: what a `respond` node of the run says, or how the run has ended."""

import asyncio
import contextlib
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from starlette.responses import JSONResponse, PlainTextResponse, Response

from api.runs import reading
from api.services import Services
from db.json_text import to_json
from db.tables import Step
from schemas.messages import RunStatus
from schemas.run_events import EventType

_RESPOND: Final = "respond"


async def answer_in_time(services: Services, workspace_id: UUID, run_id: UUID, seconds: float) -> Response | None:
    """The answer that a run gives; nothing if it gives none in time, while it goes on."""
    with contextlib.suppress(TimeoutError):
        async with (
            asyncio.timeout(seconds),
            contextlib.aclosing(services.events.follow(workspace_id, run_id)) as events,
        ):
            async for event in events:
                if event.type is EventType.STEP_COMPLETED and (said := await _said(services, workspace_id, run_id)):
                    return said
    async with services.database.tenant(workspace_id) as session:
        run = await reading.get_run(session, run_id)
    if not run.status.ended:
        return None
    headers = {"perdure-run": str(run_id)}
    if run.status is RunStatus.COMPLETED:
        return Response(to_json(run.output), media_type="application/json", headers=headers)
    problem = {"run_id": str(run_id), "status": run.status.value, "code": run.error.code if run.error else None}
    return JSONResponse(problem, status_code=500, headers=headers)


async def _said(services: Services, workspace_id: UUID, run_id: UUID) -> Response | None:
    first = (
        select(Step.output)
        .where(Step.run_id == run_id, Step.kind == _RESPOND, Step.status == "completed")
        .order_by(Step.ended_at)
        .limit(1)
    )
    async with services.database.tenant(workspace_id) as session:
        said: dict[str, Any] | None = await session.scalar(first)
    if said is None:
        return None
    headers = {**said["headers"], "perdure-run": str(run_id)}
    body, status = said["body"], said["status"]
    if isinstance(body, str):
        return PlainTextResponse(body, status_code=status, headers=headers)
    return Response(to_json(body), status_code=status, media_type="application/json", headers=headers)
