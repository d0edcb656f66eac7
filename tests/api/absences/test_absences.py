"""Who is away, and who answers in their place."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from api.services import Services
from db.approvals.opening import open_approval
from db.tables import Absence, Approval
from schemas.approvals import RequestSettings
from schemas.roles import Role
from schemas.service_calls import OpenApproval
from tests.api.documents import publish, start
from tests.api.test_gate import check_problem
from tests.support.people import Member, new_member, signed_in

NOW = datetime.now(UTC)


def days(start: float, end: float) -> dict[str, str]:
    """From so many days after now until so many."""
    return {
        "starts_at": (NOW + timedelta(days=start)).isoformat(),
        "ends_at": (NOW + timedelta(days=end)).isoformat(),
    }


@pytest.fixture
async def ada(services: Services) -> Member:
    """Somebody who goes away."""
    return await new_member(services.database, services.workspace_id, Role.OPERATOR)


@pytest.fixture
async def bob(services: Services) -> Member:
    """Their substitute."""
    return await new_member(services.database, services.workspace_id, Role.OPERATOR)


@pytest.fixture
async def as_ada(app: FastAPI, ada: Member) -> AsyncIterator[httpx.AsyncClient]:
    """Their client."""
    async with signed_in(app, ada) as client:
        yield client


async def ask_ada(api: httpx.AsyncClient, services: Services, ada: Member) -> Approval:
    """A request that only she may answer."""
    await publish(api)
    run_id = (await start(api, "greeting"))["id"]
    request = OpenApproval(
        workspace_id=str(services.workspace_id),
        run_id=run_id,
        path="ask",
        iteration=0,
        node_name="Ask",
        workflow_id=f"run-{run_id}",
        title="?",
        decisions=(("approved", "Yes"), ("rejected", "No")),
        settings=RequestSettings.model_validate({"stages": [{"assignees": {"users": [ada.email]}}]}),
    )
    async with services.database.tenant(services.workspace_id) as session:
        return await open_approval(session, request)


async def test_an_absence_of_ones_own(
    as_ada: httpx.AsyncClient, api: httpx.AsyncClient, ada: Member, bob: Member
) -> None:
    answer = await as_ada.post("/v1/me/absences", json={"substitute_id": str(bob.id), **days(1, 3)})
    assert answer.status_code == 201, answer.text
    absence = answer.json()
    assert answer.headers["location"] == f"/v1/absences/{absence['id']}"
    assert (absence["user"], absence["substitute"], absence["substitute_away"]) == (ada.email, bob.email, False)
    own = f"/v1/me/absences/{absence['id']}"
    changed = (await as_ada.put(own, json={"substitute_id": str(bob.id), **days(2, 5)})).json()
    assert changed["ends_at"] > absence["ends_at"]
    assert (await as_ada.get("/v1/me/absences")).json()["items"] == [changed]
    assert (await api.get("/v1/absences")).json()["items"] == [changed]
    assert (await api.get(f"/v1/absences/{absence['id']}")).json() == changed
    assert (await as_ada.delete(own)).status_code == 204
    check_problem(await as_ada.delete(own), 404, "not_found")
    query = {"subject_kind": "absence", "subject_id": absence["id"]}
    actions = [entry["action"] for entry in (await api.get("/v1/audit", params=query)).json()["items"]]
    assert actions == ["absence.deleted", "absence.updated", "absence.created"]


async def test_the_substitute_answers_while_it_lasts(
    app: FastAPI, as_ada: httpx.AsyncClient, api: httpx.AsyncClient, services: Services, ada: Member, bob: Member
) -> None:
    approval = await ask_ada(api, services, ada)
    path, body = f"/v1/approvals/{approval.id}/decide", {"decision": "approved", "digest": approval.digest}
    async with signed_in(app, bob) as as_bob:
        check_problem(await as_bob.post(path, json=body), 403, "not_assigned")
        made = await as_ada.post("/v1/me/absences", json={"substitute_id": str(bob.id), **days(-1, 1)})
        absence = made.json()
        own = f"/v1/me/absences/{absence['id']}"
        await as_ada.put(own, json={"substitute_id": str(bob.id), **days(1, 2)})
        check_problem(await as_bob.post(path, json=body), 403, "not_assigned")
        await as_ada.put(own, json={"substitute_id": str(bob.id), **days(-1, 2)})
        assert (await as_bob.post(path, json=body)).json()["decided_by"] == bob.email


async def test_a_substitute_who_is_away_has_no_substitute_for_it(
    app: FastAPI, api: httpx.AsyncClient, services: Services, ada: Member, bob: Member
) -> None:
    carol = await new_member(services.database, services.workspace_id, Role.OPERATOR)
    for away, substitute in ((bob, carol), (ada, bob)):
        body = {"user_id": str(away.id), "substitute_id": str(substitute.id), **days(-1, 1)}
        absence = (await api.post("/v1/absences", json=body)).json()
    assert absence["substitute_away"]
    approval = await ask_ada(api, services, ada)
    path, body = f"/v1/approvals/{approval.id}/decide", {"decision": "approved", "digest": approval.digest}
    async with signed_in(app, carol) as client:
        check_problem(await client.post(path, json=body), 403, "not_assigned")
    async with signed_in(app, bob) as client:
        assert (await client.post(path, json=body)).is_success


async def test_absences_do_not_overlap(api: httpx.AsyncClient, ada: Member, bob: Member) -> None:
    who = {"user_id": str(ada.id), "substitute_id": str(bob.id)}
    answers = await asyncio.gather(*(api.post("/v1/absences", json={**who, **days(1, 3 + n)}) for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    absence = next(answer for answer in answers if answer.status_code == 201).json()
    after = {"starts_at": absence["ends_at"], "ends_at": days(0, 20)["ends_at"]}
    next_one = (await api.post("/v1/absences", json={**who, **after})).json()
    path, body = f"/v1/absences/{next_one['id']}", {"substitute_id": str(bob.id)}
    clash: Any = check_problem(await api.put(path, json={**body, **days(2, 20)}), 409, "conflict")
    assert clash["details"]["absence_id"] == absence["id"]
    assert (await api.put(path, json={**body, **days(10, 20)})).is_success
    await api.post("/v1/absences", json={"user_id": str(bob.id), "substitute_id": str(ada.id), **days(1, 3)})


@pytest.mark.parametrize(
    ("start", "end"), [(3, 1), (1, 1), (-5, -1), (1, 400)], ids=["backwards", "empty", "over", "for ever"]
)
async def test_times_that_are_refused(api: httpx.AsyncClient, ada: Member, bob: Member, start: int, end: int) -> None:
    body = {"user_id": str(ada.id), "substitute_id": str(bob.id), **days(start, end)}
    check_problem(await api.post("/v1/absences", json=body), 422, "invalid_request")


async def test_who_cannot_be_a_substitute(api: httpx.AsyncClient, services: Services, ada: Member) -> None:
    viewer = await new_member(services.database, services.workspace_id, Role.VIEWER)
    for substitute in (ada.id, viewer.id, uuid4()):
        body = {"user_id": str(ada.id), "substitute_id": str(substitute), **days(1, 2)}
        check_problem(await api.post("/v1/absences", json=body), 422, "invalid_request")
    body = {"user_id": str(uuid4()), "substitute_id": str(ada.id), **days(1, 2)}
    check_problem(await api.post("/v1/absences", json=body), 404, "not_found")


async def test_nobody_touches_what_is_not_theirs(
    api: httpx.AsyncClient, as_ada: httpx.AsyncClient, ada: Member, bob: Member
) -> None:
    body = {"user_id": str(bob.id), "substitute_id": str(ada.id), **days(1, 2)}
    absence = (await api.post("/v1/absences", json=body)).json()
    content = {"substitute_id": str(ada.id), **days(1, 2)}
    check_problem(await as_ada.put(f"/v1/me/absences/{absence['id']}", json=content), 404, "not_found")
    check_problem(await as_ada.delete(f"/v1/me/absences/{absence['id']}"), 404, "not_found")
    check_problem(await as_ada.post("/v1/absences", json=body), 403, "forbidden")
    check_problem(await as_ada.put(f"/v1/absences/{absence['id']}", json=content), 403, "forbidden")
    check_problem(await as_ada.delete(f"/v1/absences/{absence['id']}"), 403, "forbidden")
    check_problem(await api.get("/v1/me/absences"), 403, "forbidden")  # the operator is no person
    assert (await as_ada.get("/v1/me/absences")).json()["items"] == []


async def test_pages_and_what_is_over(api: httpx.AsyncClient, services: Services, ada: Member, bob: Member) -> None:
    who = {"user_id": str(ada.id), "substitute_id": str(bob.id)}
    for begins in (3, 1, 5):
        assert (await api.post("/v1/absences", json={**who, **days(begins, begins + 1)})).is_success
    over = (await api.post("/v1/absences", json={**who, **days(-2, 0.5)})).json()
    async with services.database.tenant(services.workspace_id) as session:
        row = await session.get(Absence, UUID(over["id"]))
        assert row is not None
        row.ends_at = NOW - timedelta(days=1)
    first = (await api.get("/v1/absences", params={"limit": 2, "user": str(ada.id)})).json()
    second = (await api.get("/v1/absences", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    starts = [one["starts_at"] for one in first["items"] + second["items"]]
    assert (len(starts), starts) == (3, sorted(starts))
    assert len((await api.get("/v1/absences", params={"ended": True})).json()["items"]) == 4
    assert (await api.get("/v1/absences", params={"user": str(bob.id)})).json()["items"] == []
