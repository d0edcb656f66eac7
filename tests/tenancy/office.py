"""Rules, business hours and absences of a populated workspace."""

from typing import Any
from uuid import UUID

import httpx

from db.session import Database
from schemas.roles import Role
from tests.support.people import new_member
from tests.support.perdure import Perdure

WEEK = {"monday": [{"begins": "09:00", "ends": "17:00"}]}


async def rule(person: httpx.AsyncClient) -> str:
    """A rule that fails at every approval."""
    body = {"name": "Fails", "expression": "payload.nothing == 1", "decision": "approved"}
    return str((await _made(person, "/v1/approval-rules", **body))["id"])


async def office(database: Database, workspace: UUID, person: httpx.AsyncClient, user: str) -> dict[str, str]:
    """Hours, and two who are away: a member, and the person who calls."""
    stand_in = await new_member(database, workspace, Role.OPERATOR)
    times = {"substitute_id": str(stand_in.id), "starts_at": "2090-01-01T00:00:00Z", "ends_at": "2090-01-02T00:00:00Z"}
    return {
        "calendar": (await _made(person, "/v1/calendars", name="Office", time_zone="UTC", hours=WEEK))["id"],
        "absence": (await _made(person, "/v1/absences", user_id=user, **times))["id"],
        "own_absence": (await _made(person, "/v1/me/absences", **times))["id"],
    }


async def repeated(inside: Perdure, person: httpx.AsyncClient, asking: str) -> str:
    """A run whose approval was given, and is repeated for the rest of it."""
    run = await inside.start(asking)
    asked = await inside.approval(run)
    await _made(person, f"/v1/approvals/{asked['id']}/approve-similar", digest=asked["digest"])
    assert (await inside.ended(run))["status"] == "completed"
    return run


async def _made(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.is_success, answer.text
    made: dict[str, Any] = answer.json()
    return made
