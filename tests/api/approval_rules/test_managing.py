"""Rules are made, changed by version, ordered, turned off and taken away."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from api.approval_rules import service
from schemas.roles import Role
from tests.api.test_gate import check_problem
from tests.support.approval_rules import Rules
from tests.support.people import member


async def test_a_rule_from_its_making_to_its_end(rules: Rules, api: httpx.AsyncClient) -> None:
    rule = await rules.make(name="  small ", scope={"tag": "refund"}, sample=10, reason="small", note="agreed")
    assert (rule["name"], rule["version"], rule["enabled"], rule["note"]) == ("small", 1, True, "agreed")
    assert rule["scope"] == {"workflow": None, "node": None, "tag": "refund"}
    assert (rule["author"], rule["last_error"], rule["decided"], rule["sampled"]) == ("operator", None, 0, 0)
    path = f"/v1/approval-rules/{rule['id']}"
    assert (await api.get(path)).json() == rule
    changed = (await api.patch(path, json={"version": 1, "expression": "amount <= 20", "note": "less"})).json()
    assert (changed["version"], changed["expression"], changed["reason"]) == (2, "amount <= 20", "small")
    assert (await api.patch(path, json={"version": 2, "sample": 10.0, "note": "the same"})).json() == changed
    removed = (await api.patch(path, json={"version": 2, "reason": None})).json()
    assert (removed["version"], removed["reason"]) == (3, None)
    versions = (await api.get(f"{path}/versions")).json()["items"]
    said = [(one["version"], one["expression"], one["reason"], one["note"]) for one in versions]
    assert said == [
        (3, "amount <= 20", None, ""),
        (2, "amount <= 20", "small", "less"),
        (1, "amount <= 50", "small", "agreed"),
    ]
    assert not (await api.post(f"{path}/disable")).json()["enabled"]
    assert (await api.post(f"{path}/enable")).json()["enabled"]
    assert (await api.post(f"{path}/enable")).json()["version"] == 3
    assert (await api.delete(path)).status_code == 204
    for answer in (await api.get(path), await api.delete(path), await api.get(f"{path}/versions")):
        check_problem(answer, 404, "not_found")
    verbs = ["created", "updated", "updated", "disabled", "enabled", "deleted"]
    assert await rules.audited(rule["id"]) == [f"approval_rule.{verb}" for verb in verbs]
    await rules.make(name="small")


async def test_what_was_decided_stays_with_its_version(rules: Rules, api: httpx.AsyncClient) -> None:
    rule, run = await rules.make(name="r"), await rules.run()
    first = await rules.ask(run)
    path = f"/v1/approval-rules/{rule['id']}"
    await api.patch(path, json={"version": 1, "name": "renamed", "decision": "rejected"})
    second = await rules.ask(run)
    assert [(a.decided_by, a.decision, a.rule_version) for a in (first, second)] == [
        ("r v1", "approved", 1),
        ("renamed v2", "rejected", 2),
    ]
    shown = (await api.get(f"/v1/approvals/{second.id}")).json()
    assert (shown["decided_by"], shown["decided_by_kind"], shown["may_decide"]) == ("renamed v2", "rule", False)
    assert (await api.get(path)).json()["decided"] == 2
    await api.delete(path)
    assert (await rules.ask(run)).status == "pending"


async def test_a_failure_is_shown_at_the_rule_until_it_is_changed(rules: Rules, api: httpx.AsyncClient) -> None:
    rule, run = await rules.make("nope > 1"), await rules.run()
    approval = await rules.ask(run)
    path = f"/v1/approval-rules/{rule['id']}"
    error = (await api.get(path)).json()["last_error"]
    assert error["approval_id"] == str(approval.id)
    assert "no field `nope`" in error["message"]
    assert (await api.get("/v1/approval-rules")).json()["items"][0]["last_error"] == error
    mended = await api.patch(path, json={"version": 1, "expression": "has(payload.nope) && nope > 1"})
    assert mended.json()["last_error"] is None


async def test_of_many_changes_of_one_version_one_is_made(rules: Rules, api: httpx.AsyncClient) -> None:
    rule = await rules.make()
    path = f"/v1/approval-rules/{rule['id']}"
    answers = await asyncio.gather(*(api.patch(path, json={"version": 1, "sample": n + 1}) for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    stale: Any = check_problem(next(a for a in answers if a.status_code == 409), 409, "stale_revision")
    assert stale["details"]["version"] == 2
    assert len((await api.get(f"{path}/versions")).json()["items"]) == 2


async def test_the_order_decides(rules: Rules, api: httpx.AsyncClient) -> None:
    ids = [(await rules.make("true", name=name, decision=name))["id"] for name in ("approved", "rejected")]
    run = await rules.run()
    assert (await rules.ask(run)).decision == "approved"
    answer = await api.put("/v1/approval-rules/order", json={"ids": ids[::-1]})
    assert answer.json() == {"ids": ids[::-1]}
    assert [rule["id"] for rule in (await api.get("/v1/approval-rules")).json()["items"]] == ids[::-1]
    assert (await rules.ask(run)).decision == "rejected"
    for wrong in ([ids[0]], [*ids, ids[0]], [*ids, str(uuid4())], [ids[0], ids[0]]):
        check_problem(await api.put("/v1/approval-rules/order", json={"ids": wrong}), 409, "stale_revision")


async def test_pages(rules: Rules, api: httpx.AsyncClient) -> None:
    ids = [(await rules.make())["id"] for _ in range(5)]
    found, cursor = [], None
    while True:
        page = (
            await api.get("/v1/approval-rules", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        found += [rule["id"] for rule in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert found == ids
    for bad in ("x", "WyJhIl0", "WyJydW4iLCJ4IiwieCJd"):
        check_problem(await api.get("/v1/approval-rules", params={"cursor": bad}), 422, "invalid_request")


@pytest.mark.parametrize(
    "wrong",
    [
        {"expression": "1 +"},
        {"expression": "foo(amount)"},
        {"expression": ""},
        {"expression": "x" * 10_001},
        {"decision": "Approve it"},
        {"name": " "},
        {"sample": -1},
        {"sample": 100.5},
        {"scope": {"agent": "later"}},
        {"scope": {"tag": ""}},
        {"expires_at": "2026-01-01T00:00:00"},
        {"unknown": 1},
    ],
)
async def test_what_is_no_rule(rules: Rules, api: httpx.AsyncClient, wrong: dict[str, Any]) -> None:
    good = {"name": "r", "expression": "true", "decision": "approved"}
    assert (await api.post("/v1/approval-rules", json=good | wrong)).status_code == 422
    rule = await rules.make()
    answer = await api.patch(f"/v1/approval-rules/{rule['id']}", json={"version": 1} | wrong)
    assert answer.status_code == 422
    assert (await api.get(f"/v1/approval-rules/{rule['id']}")).json() == rule


async def test_a_name_is_given_once(rules: Rules, api: httpx.AsyncClient, other_api: httpx.AsyncClient) -> None:
    body = {"name": "Small", "expression": "true", "decision": "approved"}
    answers = await asyncio.gather(*(api.post("/v1/approval-rules", json=body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 4
    other = await rules.make()
    check_problem(
        await api.patch(f"/v1/approval-rules/{other['id']}", json={"version": 1, "name": "SMALL"}), 409, "conflict"
    )
    assert (await other_api.post("/v1/approval-rules", json=body)).status_code == 201
    check_problem(await other_api.get(f"/v1/approval-rules/{other['id']}"), 404, "not_found")


async def test_there_are_only_so_many(rules: Rules, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_RULES", 3)
    body = {"expression": "true", "decision": "approved"}
    answers = await asyncio.gather(*(api.post("/v1/approval-rules", json={**body, "name": f"{n}"}) for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 3


async def test_a_rule_that_has_expired_is_shown_and_answers_nothing(rules: Rules) -> None:
    await rules.make("true", expires_at=(datetime.now(UTC) - timedelta(seconds=1)).isoformat())
    assert (await rules.ask(await rules.run())).status == "pending"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.EDITOR])
async def test_only_admins_make_rules(rules: Rules, app: FastAPI, role: Role) -> None:
    rule = await rules.make()
    path = f"/v1/approval-rules/{rule['id']}"
    async with member(app, role) as client:
        assert (await client.get(path)).status_code == 200
        for answer in (
            await client.post("/v1/approval-rules", json={"name": "r", "expression": "true", "decision": "approved"}),
            await client.patch(path, json={"version": 1, "sample": 1}),
            await client.post(f"{path}/enable"),
            await client.post(f"{path}/disable"),
            await client.put("/v1/approval-rules/order", json={"ids": [rule["id"]]}),
            await client.delete(path),
        ):
            check_problem(answer, 403, "forbidden")


async def test_rules_and_openings_at_the_same_time(rules: Rules, api: httpx.AsyncClient) -> None:
    """Whatever is opened after the answer to a change is decided by what the change made, never by what was before."""
    rule, run = await rules.make("true", decision="approved"), await rules.run()
    path, seen = f"/v1/approval-rules/{rule['id']}", [1]

    async def change() -> None:
        for version in range(1, 6):
            answer = await api.patch(path, json={"version": version, "sample": 0, "reason": f"as of {version + 1}"})
            assert answer.status_code == 200
            seen.append(version + 1)

    async def keep_asking() -> None:
        while seen[-1] < 6:
            at_least = seen[-1]
            approval = await rules.ask(run)
            assert approval.status == "decided"
            assert approval.rule_version is not None
            assert approval.rule_version >= at_least
            assert approval.reason == (None if approval.rule_version == 1 else f"as of {approval.rule_version}")

    await asyncio.gather(change(), *(keep_asking() for _ in range(4)))
