"""A workspace with requests to people, and the people."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from api.services import Services
from db.approvals.opening import open_approval
from schemas.approvals import RequestSettings
from schemas.roles import Role
from schemas.service_calls import OpenApproval
from tests.support.people import Member, new_member, signed_in
from tests.support.workspaces import new_run

DECISIONS = (("approved", "Approve"), ("rejected", "Reject"))


class Office:
    """Opens requests, and lets people in."""

    def __init__(self, app: FastAPI, stack: AsyncExitStack) -> None:
        self._app = app
        self._stack = stack
        self.services: Services = app.state.services

    async def person(self, role: Role = Role.OPERATOR, **columns: Any) -> tuple[Member, httpx.AsyncClient]:
        """A member, signed in."""
        member = await new_member(self.services.database, self.services.workspace_id, role, **columns)
        return member, await self._stack.enter_async_context(signed_in(self._app, member))

    async def ask(self, title: str = "Refund?", *to: str, **fields: Any) -> dict[str, Any]:
        """A run and its request; `to` names who is asked."""
        run = await new_run(self.services.database, self.services.workspace_id, status="running")
        settings = fields.pop("settings", {})
        if to:
            settings["stages"] = [{"assignees": list(to)}]
        request = OpenApproval(
            workspace_id=str(self.services.workspace_id),
            run_id=str(run.id),
            path=fields.pop("path", "ask"),
            iteration=0,
            node_name=fields.pop("node_name", "Ask"),
            workflow_id=f"run-{run.id}",
            title=title,
            decisions=fields.pop("decisions", DECISIONS),
            settings=RequestSettings.model_validate(settings),
            **fields,
        )
        async with self.services.database.tenant(self.services.workspace_id) as session:
            approval = await open_approval(session, request)
        return {"id": str(approval.id), "digest": approval.digest, "run_id": str(run.id)}


@pytest.fixture
async def office(app: FastAPI) -> AsyncIterator[Office]:
    """See `Office`."""
    async with AsyncExitStack() as stack:
        yield Office(app, stack)


def unique(word: str) -> str:
    """A word that no other request holds."""
    return f"{word}{uuid4().hex[:8]}"
