"""Figures of how people keep up."""

from typing import Any

import httpx
from sqlalchemy import text

from tests.api.approvals.conftest import Office
from tests.api.test_gate import check_problem


async def metrics(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get("/v1/approvals/metrics", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def change(office: Office, request: dict[str, Any], assignments: str) -> None:
    async with office.services.database.tenant(office.services.workspace_id) as session:
        await session.execute(text(f"UPDATE approvals SET {assignments} WHERE id = '{request['id']}'"))


async def test_without_requests_there_are_no_figures(api: httpx.AsyncClient) -> None:
    found = await metrics(api)
    assert found["total"]["asked"] == 0
    assert found["total"]["p50_seconds"] is None
    assert found["total"]["automatic_share"] is None
    assert (found["by_node"], found["by_person"], found["by_period"]) == ([], [], [])


async def test_times_come_from_people_and_shares_from_rules(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, office: Office
) -> None:
    ada, client = await office.person()
    for seconds in (10, 20, 90):
        request = await office.ask(path="pay", node_name="Pay")
        await change(office, request, f"created_at = clock_timestamp() - interval '{seconds} s'")
        body = {"decision": "approved", "digest": request["digest"]}
        assert (await client.post(f"/v1/approvals/{request['id']}/decide", json=body)).status_code == 200
    by_rule = await office.ask(path="pay", node_name="Pay")
    await change(office, by_rule, "status = 'decided', decided_by_kind = 'rule', decided_at = clock_timestamp()")
    late = await office.ask(path="late", node_name="Late")
    await change(office, late, "due_at = clock_timestamp() - interval '1 s'")
    await change(office, await office.ask(path="late"), "status = 'expired'")
    found = await metrics(api)
    total = found["total"]
    assert {name: total[name] for name in ("asked", "decided", "expired", "open", "overdue", "automatic")} == {
        "asked": 6,
        "decided": 4,
        "expired": 1,
        "open": 1,
        "overdue": 2,
        "automatic": 1,
    }
    assert total["automatic_share"] == 0.25
    assert 20 <= total["p50_seconds"] < 30
    assert 80 <= total["p95_seconds"] < 100
    assert sorted((node["path"], node["asked"]) for node in found["by_node"]) == [("late", 1)] * 2 + [("pay", 1)] * 4
    [person] = found["by_person"]
    assert (person["person"], person["answers"]) == (ada.email, 3)
    assert 20 <= person["p50_seconds"] < 30
    assert sum(period["asked"] for period in found["by_period"]) == 6
    assert (await metrics(other_api))["total"]["asked"] == 0


async def test_figures_are_of_a_span_a_workflow_a_purpose(api: httpx.AsyncClient, office: Office) -> None:
    request = await office.ask(purpose="intervention")
    slug = (await api.get(f"/v1/approvals/{request['id']}")).json()["workflow"]
    for query, asked in [
        ({"workflow": slug}, 1),
        ({"workflow": "other"}, 0),
        ({"purpose": "intervention"}, 1),
        ({"purpose": "approval"}, 0),
        ({"until": "2020-01-01T00:00:00Z"}, 0),
        ({"per": "month"}, 1),
    ]:
        assert (await metrics(api, **query))["total"]["asked"] == asked, query


async def test_a_span_is_at_most_a_year(api: httpx.AsyncClient) -> None:
    for query in ({"since": "2999-01-01T00:00:00Z"}, {"since": "2020-01-01T00:00:00Z"}):
        check_problem(await api.get("/v1/approvals/metrics", params=query), 422, "invalid_request")
