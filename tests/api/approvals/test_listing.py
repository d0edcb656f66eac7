"""Lists of requests: views, filters, search, orders, pages, counts, saved views."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from db.tables import Absence, GroupMember
from schemas.roles import Role
from tests.api.approvals.conftest import Office, unique
from tests.api.test_gate import check_problem


async def titles(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get("/v1/approvals", params=query)
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


async def decide(client: httpx.AsyncClient, request: dict[str, Any], decision: str = "approved") -> None:
    body = {"decision": decision, "digest": request["digest"]}
    answer = await client.post(f"/v1/approvals/{request['id']}/decide", json=body)
    assert answer.status_code == 200, answer.text


async def test_mine_is_what_i_am_asked_by_name_role_group_or_as_anyone(api: httpx.AsyncClient, office: Office) -> None:
    ada, client = await office.person()
    other, _ = await office.person()
    group = (await api.post("/v1/groups", json={"name": unique("Payers")})).json()
    async with office.services.database.tenant(office.services.workspace_id) as session:
        workspace = office.services.workspace_id
        session.add(GroupMember(workspace_id=workspace, group_id=UUID(group["id"]), user_id=ada.id))
    await office.ask("by name", ada.email)
    await office.ask("by role", "role:operator")
    await office.ask("by group", f"group:{group['name']}")
    await office.ask("twice", ada.email, "role:operator")
    await office.ask("anyone")
    await office.ask("somebody else", other.email)
    await office.ask("another role", "role:owner")
    assert await titles(client, view="mine") == ["by name", "by role", "by group", "twice", "anyone"]
    assert await titles(api, view="mine") == ["anyone"]
    assert len(await titles(client)) == 7


async def test_mine_leaves_out_what_i_may_not_answer(office: Office) -> None:
    ada, client = await office.person()
    _, claimer = await office.person()
    _, viewer = await office.person(Role.VIEWER)
    mine, claimed = await office.ask("mine"), await office.ask("claimed by another")
    kept_out = await office.ask("kept out")
    quorum = await office.ask("half answered", settings={"stages": [{"needs": 2}]})
    async with office.services.database.tenant(office.services.workspace_id) as session:
        change = text("UPDATE approvals SET excluded = ARRAY[CAST(:who AS uuid)] WHERE id = :id")
        await session.execute(change, {"who": str(ada.id), "id": kept_out["id"]})
    assert (await claimer.post(f"/v1/approvals/{claimed['id']}/claim")).status_code == 200
    await decide(client, quorum)
    assert await titles(client, view="mine") == ["mine"]
    assert await titles(claimer, view="mine") == ["mine", "claimed by another", "kept out", "half answered"]
    assert await titles(claimer, view="unclaimed") == ["mine", "kept out", "half answered"]
    assert await titles(claimer, view="claimed_by_me") == ["claimed by another"]
    assert await titles(viewer, view="mine") == []
    assert await titles(client, view="decided_by_me") == ["half answered"]
    await decide(client, mine)
    assert sorted(await titles(client, view="decided_by_me")) == ["half answered", "mine"]
    assert await titles(client, view="closed") == ["mine"]


async def test_a_substitute_finds_what_the_absent_one_is_asked(office: Office) -> None:
    ada, as_ada = await office.person()
    bob, client = await office.person()
    other, _ = await office.person()
    await office.ask("for Ada", ada.email)
    assert await titles(client, view="mine") == []
    now = datetime.now(UTC)
    async with office.services.database.tenant(office.services.workspace_id) as session:
        away = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
        workspace = office.services.workspace_id
        session.add(Absence(workspace_id=workspace, user_id=ada.id, substitute_id=bob.id, **away))
    both = {"stages": [{"assignees": {"users": [ada.email, other.email]}, "needs": 2}]}
    half = await office.ask("of two", settings=both)
    assert await titles(client, view="mine") == await titles(as_ada, view="mine") == ["for Ada", "of two"]
    await decide(client, half)
    assert await titles(client, view="mine") == await titles(as_ada, view="mine") == ["for Ada"]


async def test_filters_narrow_a_list_down(api: httpx.AsyncClient, office: Office) -> None:
    first = await office.ask("first", priority=3, tags=("refund", "eu"), path="pay", node_name="Pay", deadline=3600.0)
    await office.ask("second", purpose="intervention", deadline=86_400.0 * 9)
    await office.ask("third", purpose="verification")
    for query, expected in [
        ({"priority": "urgent"}, ["first"]),
        ({"tag": "eu"}, ["first"]),
        ({"tag": "eu", "priority": "low"}, []),
        ({"node": "pay"}, ["first"]),
        ({"node": "Pay"}, ["first"]),
        ({"run": first["run_id"]}, ["first"]),
        ({"run_id": first["run_id"]}, ["first"]),
        ({"purpose": "intervention"}, ["second"]),
        ({"view": "interventions"}, ["second", "third"]),
        ({"view": "verifications"}, ["third"]),
        ({"view": "verifications", "purpose": "intervention"}, []),
        ({"view": "open", "status": "decided"}, []),
        ({"view": "mine", "status": "decided"}, []),
        ({"view": "due_soon"}, ["first"]),
        ({"view": "due_soon", "due_after": "2099-01-01T00:00:00Z"}, []),
        ({"view": "overdue"}, []),
        ({"workflow": "no-such"}, []),
        ({"due_before": "2099-01-01T00:00:00Z"}, ["first", "second"]),
        ({"due_after": "2099-01-01T00:00:00Z"}, ["third"]),
        ({"created_after": "2099-01-01T00:00:00Z"}, []),
        ({"created_before": "2099-01-01T00:00:00Z"}, ["first", "second", "third"]),
        ({"status": "decided"}, []),
    ]:
        assert await titles(api, **query) == expected, query
    slug = (await api.get(f"/v1/approvals/{first['id']}")).json()["workflow"]
    assert await titles(api, workflow=slug) == ["first"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("refund", ["Refund for Ada", "Another refund"]),
        ("REFUND ada", ["Refund for Ada"]),
        ("ref", ["Refund for Ada", "Another refund"]),
        ("refund -ada", ["Another refund"]),
        ('"refund for"', ["Refund for Ada"]),
        ("A-7741", ["Another refund"]),
        ("ada or 7741x", ["Refund for Ada"]),
        ("nothing", []),
        ("'", []),
        ("!!! &|:*<->", []),
        ("\\", []),
    ],
)
async def test_words_are_found_wherever_they_stand(
    api: httpx.AsyncClient, office: Office, query: str, found: list[str]
) -> None:
    await office.ask("Refund for Ada", payload={"order": {"id": "A-1"}})
    await office.ask("Another refund", payload={"order": {"id": "A-7741"}})
    await office.ask("Something else")
    assert await titles(api, q=query) == found
    assert await titles(api, q=query, view="mine") == found


@pytest.mark.parametrize("view", ["mine", "all"])
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("created", "abcde"),
        ("newest", "edcba"),
        ("priority", "dabce"),
        ("due", "cbaed"),
    ],
)
async def test_pages_follow_the_order_whatever_happens_meanwhile(
    api: httpx.AsyncClient, office: Office, view: str, sort: str, expected: str
) -> None:
    requests = {}
    for title, priority, deadline in [
        ("a", 2, 900.0),
        ("b", 2, 600.0),
        ("c", 1, 300.0),
        ("d", 3, None),
        ("e", 0, 999.0),
    ]:
        requests[title] = await office.ask(title, priority=priority, deadline=deadline)
    found, cursor = [], {}
    while True:
        page = (await api.get("/v1/approvals", params={"view": view, "sort": sort, "limit": 1, **cursor})).json()
        found += [item["title"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
        if len(found) == 2:
            # What was on a page already leaves the list: the rest is neither skipped nor shown twice.
            await decide(api, requests[found[0]])
    assert "".join(found) == expected
    other = "newest" if sort != "newest" else "created"
    answer = await api.get("/v1/approvals", params={"view": view, "sort": other, **cursor})
    check_problem(answer, 422, "invalid_request")


async def test_decided_requests_are_listed_by_their_decision(api: httpx.AsyncClient, office: Office) -> None:
    first, second = await office.ask("first"), await office.ask("second")
    await office.ask("open")
    await decide(api, second)
    await decide(api, first)
    assert await titles(api, sort="decided") == ["first", "second"]
    page = (await api.get("/v1/approvals", params={"sort": "decided", "limit": 1})).json()
    assert await titles(api, sort="decided", cursor=page["next_cursor"]) == ["second"]


@pytest.mark.parametrize("cursor", ["", "x", "WyJjcmVhdGVkIiwgIngiLCAieCJd", "WyIyMDAwIiwgIngiXQ"])
async def test_a_foreign_cursor_is_refused(api: httpx.AsyncClient, cursor: str) -> None:
    check_problem(await api.get("/v1/approvals", params={"cursor": cursor}), 422, "invalid_request")


async def test_counts_say_how_much_each_view_holds(api: httpx.AsyncClient, office: Office) -> None:
    ada, client = await office.person()
    await office.ask("mine", ada.email)
    await office.ask("broken", purpose="intervention")
    saved = {"name": "Mine about broken things", "filter": {"view": "mine", "q": "broken"}}
    view = (await client.post("/v1/approvals/views", json=saved)).json()
    counts = (await client.get("/v1/approvals/counts")).json()
    assert {name: each["count"] for name, each in counts["views"].items() if each["count"]} == {
        "mine": 2,
        "unclaimed": 2,
        "open": 2,
        "interventions": 1,
    }
    assert counts["saved"] == {view["id"]: {"count": 1, "more": False}}
    assert (await api.get("/v1/approvals/counts")).json()["views"]["mine"] == {"count": 1, "more": False}


async def test_counting_ends_at_a_thousand(api: httpx.AsyncClient, office: Office) -> None:
    await office.ask("one of many")
    async with office.services.database.tenant(office.services.workspace_id) as session:
        await session.execute(
            text(
                "INSERT INTO approvals"
                " (workspace_id, run_id, path, iteration, workflow_id, node_name, title, decisions)"
                " SELECT workspace_id, run_id, path, n, workflow_id, node_name, title, decisions"
                " FROM approvals, generate_series(1, 1000) n"
            )
        )
    counts = (await api.get("/v1/approvals/counts")).json()["views"]
    assert counts["open"] == {"count": 1000, "more": True}
    assert counts["mine"] == {"count": 1, "more": False}


async def test_saved_views_belong_to_one_person(api: httpx.AsyncClient, office: Office) -> None:
    _, ada = await office.person()
    _, bob = await office.person()
    body = {"name": " Urgent ", "filter": {"priority": "urgent", "view": "mine", "sort": "due"}}
    made = await ada.post("/v1/approvals/views", json=body)
    assert made.status_code == 201
    view = made.json()
    assert (view["name"], view["filter"]["priority"], view["filter"]["sort"]) == ("Urgent", "urgent", "due")
    assert (await ada.get("/v1/approvals/views")).json() == {"items": [view]}
    check_problem(await ada.post("/v1/approvals/views", json=body | {"name": "URGENT"}), 409, "conflict")
    path = f"/v1/approvals/views/{view['id']}"
    for stranger in (bob, api):
        assert (await stranger.get("/v1/approvals/views")).json() == {"items": []}
        check_problem(await stranger.put(path, json=body), 404, "not_found")
        check_problem(await stranger.delete(path), 404, "not_found")
    changed = (await ada.put(path, json={"name": "Low", "filter": {"priority": "low"}})).json()
    assert (changed["name"], changed["filter"]["priority"]) == ("Low", "low")
    assert (await ada.delete(path)).status_code == 204
    assert (await ada.get("/v1/approvals/views")).json() == {"items": []}
    actions = [entry["action"] for entry in (await api.get("/v1/audit")).json()["items"]]
    assert [action for action in actions if action.startswith("list_view")] == [
        "list_view.deleted",
        "list_view.updated",
        "list_view.created",
    ]


async def test_views_of_runs_are_kept_apart_from_those_of_the_inbox(api: httpx.AsyncClient, office: Office) -> None:
    _, ada = await office.person()
    name = unique("Expensive")
    body = {"name": name, "filter": {"status": "active", "since": "24h", "cost": "5"}}
    view = (await ada.post("/v1/runs/views", json=body)).json()
    assert (await ada.get("/v1/runs/views")).json()["items"] == [view]
    check_problem(await ada.post("/v1/runs/views", json=body), 409, "conflict")
    check_problem(await ada.post("/v1/runs/views", json={"name": "x", "filter": {"no": "x"}}), 422, "invalid_request")
    # The same name and the same person, but another list.
    inbox = (await ada.post("/v1/approvals/views", json={"name": name, "filter": {}})).json()
    check_problem(await ada.delete(f"/v1/runs/views/{inbox['id']}"), 404, "not_found")
    check_problem(await ada.delete(f"/v1/approvals/views/{view['id']}"), 404, "not_found")
    assert (await api.get("/v1/runs/views")).json()["items"] == []
    assert (await ada.delete(f"/v1/runs/views/{view['id']}")).status_code == 204
    assert (await ada.get("/v1/runs/views")).json()["items"] == []


async def test_a_saved_view_is_checked(api: httpx.AsyncClient) -> None:
    bad: list[Any] = [{"name": "", "filter": {}}, {"name": "x", "filter": {"no": 1}}, {"name": "x"}]
    for body in bad:
        check_problem(await api.post("/v1/approvals/views", json=body), 422, "invalid_request")


async def test_no_list_shows_another_workspace(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, office: Office
) -> None:
    word = unique("secret")
    request = await office.ask(word, tags=(word,))
    assert await titles(api, q=word) == [word]
    for query in ({"q": word}, {"tag": word}, {"run": request["run_id"]}, {"view": "mine"}, {}):
        assert await titles(other_api, **query) == []
    counts = (await other_api.get("/v1/approvals/counts")).json()["views"]
    assert not any(each["count"] for each in counts.values())


async def test_the_function_that_lists_names_its_workspace_itself(office: Office) -> None:
    """It runs with rights that see every workspace."""
    word = unique("secret")
    ada, _ = await office.person()
    request = await office.ask(word, ada.email)
    query = text("SELECT perdure_list_approvals(CAST(:wanted AS jsonb), 'created', NULL, 10)")
    asked = [{"principal": f"user:{ada.id}", "person": None}]
    whats: list[dict[str, Any]] = [{"q": word}, {"asked": asked, "kind": "user"}, {"run": request["run_id"]}]
    for wanted in whats:
        given = {"wanted": json.dumps(wanted)}
        async with office.services.database.tenant(office.services.workspace_id) as session:
            assert [str(found) for found in await session.scalars(query, given)] == [request["id"]]
        async with office.services.database.tenant(uuid4()) as session:
            assert list(await session.scalars(query, given)) == []
        async with office.services.database.system() as session:
            assert list(await session.scalars(query, given)) == []


@pytest.mark.parametrize("hostile", ["' OR true --", "'; DROP TABLE approvals; --", "%s %1$s", "$1", "x.created_at"])
async def test_nothing_in_a_filter_is_taken_as_sql(api: httpx.AsyncClient, office: Office, hostile: str) -> None:
    await office.ask("safe")
    for name in ("q", "tag", "node", "workflow"):
        assert await titles(api, **{name: hostile}) == []
    assert await titles(api) == ["safe"]


async def test_lists_stay_whole_while_many_decide(api: httpx.AsyncClient, office: Office) -> None:
    requests = [await office.ask(str(number)) for number in range(12)]

    async def all_pages() -> list[str]:
        found, cursor = [], {}
        while True:
            page = (await api.get("/v1/approvals", params={"limit": 5, **cursor})).json()
            found += [item["title"] for item in page["items"]]
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}

    results = await asyncio.gather(all_pages(), *(decide(api, request) for request in requests))
    assert results[0] == [str(number) for number in range(12)]
