"""Business hours: what is refused, and when a time is over in them."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from schemas.roles import Role
from tests.api.documents import publish
from tests.api.test_gate import check_problem
from tests.support.people import member

OFFICE = [{"begins": "09:00", "ends": "12:00"}, {"begins": "13:00", "ends": "17:00"}]
WEEK = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), OFFICE)


async def create(api: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    body = {"name": "office", "time_zone": "Europe/Berlin", "hours": WEEK} | fields
    answer = await api.post("/v1/calendars", json=body)
    assert answer.status_code == 201, answer.text
    calendar: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/calendars/{calendar['id']}"
    return calendar


async def due(api: httpx.AsyncClient, calendar: dict[str, Any], hours: float, begins: str) -> str:
    query = {"seconds": str(hours * 3_600), "from": begins}
    answer = await api.get(f"/v1/calendars/{calendar['id']}/preview", params=query)
    assert answer.is_success, answer.text
    return str(answer.json()["due_at"])


async def test_a_calendar_from_its_making_to_its_end(api: httpx.AsyncClient) -> None:
    calendar = await create(api, country="DE", subdivision="BY", closed=["2026-12-24", "2026-12-31", "2026-12-24"])
    assert calendar["hours"]["monday"] == OFFICE
    assert calendar["hours"]["sunday"] == []
    assert calendar["closed"] == ["2026-12-24", "2026-12-31"]
    path = f"/v1/calendars/{calendar['id']}"
    assert (await api.get(path)).json() == calendar
    body = {
        "name": "Office",
        "time_zone": "America/New_York",
        "hours": {"sunday": [{"begins": "00:00", "ends": "24:00"}]},
    }
    changed = (await api.put(path, json=body)).json()
    assert (changed["name"], changed["country"], changed["hours"]["monday"]) == ("Office", None, [])
    assert (await api.put(path, json=body)).json() == changed
    assert (await api.get("/v1/calendars")).json() == {"items": [changed], "next_cursor": None}
    assert (await api.delete(path)).status_code == 204
    for answer in (await api.get(path), await api.delete(path), await api.put(path, json=body)):
        check_problem(answer, 404, "not_found")
    query = {"subject_kind": "calendar", "subject_id": calendar["id"]}
    actions = [entry["action"] for entry in (await api.get("/v1/audit", params=query)).json()["items"]]
    assert actions == ["calendar.deleted", "calendar.updated", "calendar.created"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"time_zone": "Mars/Olympus"}, "time zone"),
        ({"time_zone": "../../etc/passwd"}, "time zone"),
        ({"time_zone": "posixrules"}, "time zone"),
        ({"time_zone": ""}, ""),
        ({"hours": {}}, "at least one day"),
        ({"hours": {"monday": []}}, "at least one day"),
        ({"hours": {"mondays": OFFICE}}, ""),
        ({"hours": {"monday": [{"begins": "22:00", "ends": "06:00"}]}}, "over midnight"),
        ({"hours": {"monday": [{"begins": "09:00", "ends": "09:00"}]}}, "does not end after"),
        ({"hours": {"monday": [{"begins": "24:00", "ends": "24:00"}]}}, ""),
        ({"hours": {"monday": [{"begins": "9:00", "ends": "17:00"}]}}, ""),
        ({"hours": {"monday": [{"begins": "09:00", "ends": "17:00\n"}]}}, ""),
        ({"hours": {"monday": [{"begins": "09:00", "ends": "25:00"}]}}, ""),
        ({"hours": {"monday": [*OFFICE, {"begins": "11:00", "ends": "14:00"}]}}, "overlap"),
        ({"hours": {"monday": [OFFICE[0]] * 2}}, "overlap"),
        ({"country": "ZZ"}, "not known"),
        ({"country": "de"}, "not known"),
        ({"country": "DE", "subdivision": "TX"}, "no 'TX'"),
        ({"subdivision": "BY"}, "give `country` too"),
        ({"closed": ["2026-02-30"]}, ""),
        ({"name": " "}, ""),
        ({"unknown": 1}, ""),
    ],
)
async def test_what_is_no_calendar(api: httpx.AsyncClient, wrong: dict[str, Any], said: str) -> None:
    body = {"name": "office", "time_zone": "Europe/Berlin", "hours": WEEK} | wrong
    problem: Any = check_problem(await api.post("/v1/calendars", json=body), 422, "invalid_request")
    assert said in str(problem["errors"])


async def test_spans_that_touch_and_come_in_any_order(api: httpx.AsyncClient) -> None:
    spans = [{"begins": "12:00", "ends": "24:00"}, {"begins": "00:00", "ends": "12:00"}]
    calendar = await create(api, hours={"monday": spans}, time_zone="UTC")
    assert calendar["hours"]["monday"] == spans[::-1]
    assert await due(api, calendar, 24, "2026-06-01T00:00:00Z") == "2026-06-02T00:00:00Z"


async def test_names_are_given_once_in_a_workspace(api: httpx.AsyncClient, other_api: httpx.AsyncClient) -> None:
    body = {"name": "Office", "time_zone": "UTC", "hours": WEEK}
    answers = await asyncio.gather(*(api.post("/v1/calendars", json=body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 4
    other = await create(api, name="other")
    check_problem(await api.put(f"/v1/calendars/{other['id']}", json=body | {"name": "OFFICE"}), 409, "conflict")
    await create(other_api, name="office")
    check_problem(await other_api.get(f"/v1/calendars/{other['id']}"), 404, "not_found")


async def test_what_workflows_use_keeps_its_name(api: httpx.AsyncClient) -> None:
    calendar = await create(api, name="Office Hours")
    ask = {"id": "ask", "kind": "approval", "with": {"title": "?", "deadline": "2h", "calendar": "office hours"}}
    body = {"nodes": [{"id": "one", "kind": "transform", "with": {"value": 1}}]}
    each = {"id": "each", "kind": "foreach", "with": {"items": "[1]", "body": {"nodes": [ask]}}}
    await publish(api, name="Asks", nodes=[each])
    path = f"/v1/calendars/{calendar['id']}"
    refused: Any = check_problem(await api.delete(path), 409, "conflict")
    assert refused["details"]["workflows"] == ["asks"]
    content = {"time_zone": "UTC", "hours": WEEK}
    check_problem(await api.put(path, json={**content, "name": "renamed"}), 409, "conflict")
    assert (await api.put(path, json={**content, "name": "OFFICE HOURS"})).is_success
    await publish(api, name="Asks", **body)
    assert (await api.delete(path)).status_code == 204


async def test_pages(api: httpx.AsyncClient) -> None:
    for name in ("c", "A", "b"):
        await create(api, name=name)
    first = (await api.get("/v1/calendars", params={"limit": 2})).json()
    second = (await api.get("/v1/calendars", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [one["name"] for one in first["items"] + second["items"]] == ["A", "b", "c"]
    assert second["next_cursor"] is None


async def test_the_preview_over_a_weekend_a_holiday_and_a_closed_day(api: httpx.AsyncClient) -> None:
    calendar = await create(api, country="DE", closed=["2026-12-24"])
    query = {"seconds": str(8 * 3_600), "from": "2026-12-23T15:00:00Z"}
    preview = (await api.get(f"/v1/calendars/{calendar['id']}/preview", params=query)).json()
    # One hour on Wednesday; then closed, two holidays of which one is a Saturday, Sunday; seven hours on Monday.
    assert preview["due_at"] == "2026-12-28T16:00:00Z"
    assert preview["due_local"] == "2026-12-28T17:00:00+01:00"
    assert [day["day"] for day in preview["holidays"]] == ["2026-12-25", "2026-12-26"]
    assert all(day["name"] for day in preview["holidays"])


async def test_holidays_of_a_part_of_a_country(api: httpx.AsyncClient) -> None:
    bavaria = await create(api, name="by", country="DE", subdivision="BY")
    berlin = await create(api, name="be", country="DE", subdivision="BE")
    # Epiphany is a holiday in Bavaria only.
    assert await due(api, bavaria, 1, "2026-01-06T00:00:00Z") == "2026-01-07T09:00:00Z"
    assert await due(api, berlin, 1, "2026-01-06T00:00:00Z") == "2026-01-06T09:00:00Z"


async def test_a_preview_that_cannot_be(api: httpx.AsyncClient) -> None:
    calendar = await create(api, hours={"monday": [{"begins": "09:00", "ends": "09:01"}]})
    path = f"/v1/calendars/{calendar['id']}/preview"
    for query in (
        {"seconds": "86400"},
        {"seconds": "-1"},
        {"seconds": "nan"},
        {"seconds": "inf"},
        {"seconds": "60", "from": "2026-01-01T00:00:00"},
        {"seconds": "60", "from": "9999-12-31T00:00:00Z"},
        {"seconds": "60", "from": "0001-01-01T00:00:00Z"},
        {},
    ):
        check_problem(await api.get(path, params=query), 422, "invalid_request")
    check_problem(await api.get(f"/v1/calendars/{uuid4()}/preview", params={"seconds": "1"}), 404, "not_found")


async def test_countries(api: httpx.AsyncClient) -> None:
    countries = {one["code"]: one["subdivisions"] for one in (await api.get("/v1/calendars/countries")).json()["items"]}
    assert "BY" in countries["DE"]
    assert len(countries) > 100


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
async def test_only_admins_change_calendars(api: httpx.AsyncClient, app: FastAPI, role: Role) -> None:
    calendar = await create(api)
    path, body = f"/v1/calendars/{calendar['id']}", {"name": "x", "time_zone": "UTC", "hours": WEEK}
    async with member(app, role) as client:
        assert (await client.get(path)).status_code == 200
        for answer in (
            await client.post("/v1/calendars", json=body),
            await client.put(path, json=body),
            await client.delete(path),
        ):
            check_problem(answer, 403, "forbidden")
