"""Rules answer what is opened: the first that matches, with its version, or nobody."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from db.approvals.history import read_history
from db.approvals.opening import open_approval
from db.approvals.settling import decision_of
from db.session import Database
from db.tables import Approval, ApprovalAssignee, ApprovalRule, ApprovalRuleError, Notification, OutboxRow
from schemas.approval_rules import is_sample
from schemas.service_calls import OpenApproval
from tests.support.approval_rules import new_rule
from tests.support.approvals import decide
from tests.support.run_log import LoggedRun
from tests.support.workspaces import new_workspace

GOLD = {"amount": 40, "customer": {"tier": "gold"}}


@pytest.fixture
async def run(database: Database, workspace_id: UUID) -> LoggedRun:
    """A pending run."""
    return await LoggedRun.create(database, workspace_id, input={"channel": "web"}, trigger="schedule")


def request(run: LoggedRun, **fields: Any) -> OpenApproval:
    """A request of a run; `settings` in short form."""
    given: dict[str, Any] = {
        "path": f"ask{uuid4().hex[:6]}",
        "iteration": 0,
        "node_name": "Ask",
        "workflow_id": f"run-{run.id}",
        "title": "Pay?",
        "payload": GOLD,
        "decisions": (("approved", "Pay"), ("rejected", "No"), ("skipped", "Skip")),
    }
    return OpenApproval.model_validate(run.message(**(given | fields)))


async def opened(run: LoggedRun, **fields: Any) -> Approval:
    """A request as it stands right after it was opened."""
    async with run.database.tenant(run.workspace_id) as session:
        return await open_approval(session, request(run, **fields))


async def history(run: LoggedRun, approval: Approval) -> list[tuple[str, dict[str, Any]]]:
    """Kinds and data of what has happened."""
    async with run.database.tenant(run.workspace_id) as session:
        return [(entry.kind, entry.data or {}) for entry in await read_history(session, approval.id)]


async def asked(run: LoggedRun, approval: Approval) -> dict[str, Any]:
    """What the history says about rules."""
    ((_, data),) = [entry for entry in await history(run, approval) if entry[0] == "rules"]
    return data


async def rule(run: LoggedRun, expression: str, **columns: Any) -> UUID:
    """A rule in the workspace of the run."""
    return await new_rule(run.database, run.workspace_id, expression, **columns)


async def error_of(run: LoggedRun, rule_id: UUID) -> str | None:
    """The failure shown at a rule."""
    async with run.database.tenant(run.workspace_id) as session:
        query = select(ApprovalRuleError.message).where(ApprovalRuleError.rule_id == rule_id)
        message: str | None = await session.scalar(query)
        return message


async def test_a_rule_that_matches_answers_with_its_version(run: LoggedRun) -> None:
    rule_id = await rule(run, "amount <= 50 && customer.tier == 'gold'", name="Small ones", reason="below the limit")
    approval = await opened(run)
    assert (approval.status, approval.decision, approval.reason) == ("decided", "approved", "below the limit")
    assert (approval.decided_by, approval.decided_by_kind) == ("Small ones v1", "rule")
    assert (approval.decided_by_id, approval.rule_id, approval.rule_version) == (rule_id, rule_id, 1)
    assert not approval.sampled
    async with run.database.tenant(run.workspace_id) as session:
        told = await decision_of(session, approval)
        open_rows = select(func.count()).where(ApprovalAssignee.approval_id == approval.id, ApprovalAssignee.open)
        assert await session.scalar(open_rows) == 0
        assert list(await session.scalars(select(OutboxRow.id).where(OutboxRow.run_id == run.id))) == []
        assert list(await session.scalars(select(Notification.event))) == []
    assert told is not None
    assert (told.rule, told.by) == ("Small ones v1", "Small ones v1")
    assert [kind for kind, _ in await history(run, approval)] == ["opened", "rules", "decided"]
    events = [entry.split()[0] for entry in await run.history()]
    assert events[-2:] == ["approval.opened", "approval.decided"]


async def test_a_request_that_is_opened_again_is_not_asked_about_again(run: LoggedRun) -> None:
    await rule(run, "amount > 1000")
    first = await opened(run, path="same")
    await rule(run, "true")
    again = await opened(run, path="same")
    assert (again.id, again.status) == (first.id, "pending")
    assert len((await asked(run, again))["asked"]) == 1


async def test_the_first_that_matches_answers_and_all_that_were_asked_are_known(run: LoggedRun) -> None:
    names = {"never": "amount > 100", "broken": "nope == 1", "no": "amount > 10", "later": "true"}
    for name, expression in names.items():
        await rule(run, expression, name=name, decision="rejected" if name == "no" else "approved")
    approval = await opened(run)
    assert (approval.decision, approval.decided_by) == ("rejected", "no v1")
    data = await asked(run, approval)
    outcomes = [(each["name"], each["outcome"]) for each in data["asked"]]
    assert outcomes == [("never", "no_match"), ("broken", "failed"), ("no", "matched")]
    assert (data["outcome"], data["complete"]) == ("decided", True)


async def test_without_rules_nothing_is_said_about_them(run: LoggedRun) -> None:
    assert [kind for kind, _ in await history(run, await opened(run))] == ["opened"]


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ("payload.amount == 40", True),
        ("title == 'Pay?' && payload.title == 'spoofed'", True),
        ("tags.exists(t, t == 'refund') && priority == 'high'", True),
        ("workflow == payload.slug", True),
        ("node == 'the/node' && run.trigger == 'schedule'", True),
        ("input.channel == 'web'", True),
        ("run.id == payload.run_id", True),
        ("has(payload.nothing)", False),
    ],
)
async def test_what_a_rule_reads(run: LoggedRun, expression: str, matches: bool) -> None:
    await rule(run, expression)
    slug = (await opened(run)).workflow_slug
    payload = {"amount": 40, "title": "spoofed", "slug": slug, "workflow": "spoofed", "run_id": str(run.id)}
    approval = await opened(run, path="the/node", payload=payload, tags=("refund",), priority=2)
    assert (approval.status == "decided") is matches


HOSTILE = [
    "",
    "(" * 5_000,
    "x" * 20_000,
    "payload",
    "amount",
    "null",
    "payload.list.map(a, payload.list.map(b, payload.list.map(c, a + b + c))).size() > 0",
    "payload.list.all(a, payload.list.all(b, payload.list.all(c, payload.list.all(d, a + b + c + d >= 0))))",
    "customer.tier.x.y",
    "nodes.other.output",
    "workspace.id",
    "run.nothing == 1",
    "1 / 0 == 1",
    "foo(amount)",
    "amount == 40 ? 'yes' : 'no'",
    "timestamp('never') < timestamp('x')",
    "\ud800".encode("utf-8", "replace").decode(),
]


@pytest.mark.parametrize("expression", HOSTILE)
async def test_a_rule_that_cannot_be_evaluated_answers_nothing_and_says_so(run: LoggedRun, expression: str) -> None:
    rule_id = await rule(run, expression)
    approval = await opened(run, payload={**GOLD, "list": list(range(60))})
    assert approval.status == "pending"
    (said,) = (await asked(run, approval))["asked"]
    assert said["outcome"] == "failed"
    assert said["message"] == await error_of(run, rule_id)
    await rule(run, "amount == 40")
    assert (await opened(run)).status == "decided"


async def test_rules_together_do_only_so_much_work(run: LoggedRun) -> None:
    heavy = "payload.list.all(a, payload.list.all(b, payload.list.all(c, a + b + c >= 0)))"
    for _ in range(30):
        await rule(run, f"{heavy} && false")
    await rule(run, "true")
    began = datetime.now(UTC)
    approval = await opened(run, payload={"list": list(range(60))})
    assert datetime.now(UTC) - began < timedelta(seconds=10)
    data = await asked(run, approval)
    assert (approval.status, data["complete"]) == ("pending", False)
    assert 0 < len(data["asked"]) < 30


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({"policies": False}, {}),
        ({"separation_of_duties": True}, {}),
        ({"stages": [{}, {}]}, {}),
        ({"stages": [{"needs": 2}]}, {}),
        ({"stages": [{"needs": "all", "assignees": {"roles": ["admin"]}}]}, {}),
        ({}, {"purpose": "intervention"}),
        ({}, {"purpose": "verification"}),
        ({}, {"form": {"type": "object", "required": ["iban"], "properties": {"iban": {"type": "string"}}}}),
        ({}, {"form": {"type": "object", "minProperties": 1}}),
        ({}, {"form": {"type": "string"}}),
        ({"defaults": {"n": "x"}}, {"form": {"type": "object", "properties": {"n": {"type": "integer"}}}}),
        ({"reason": "required"}, {}),
        ({"reasons_for": ["approved"]}, {}),
        ({}, {"decisions": (("yes", "Yes"), ("no", "No"))}),
    ],
)
async def test_what_no_rule_answers(run: LoggedRun, settings: dict[str, Any], fields: dict[str, Any]) -> None:
    await rule(run, "true")
    assert (await opened(run, settings=settings, **fields)).status == "pending"


@pytest.mark.parametrize(
    ("settings", "columns", "data"),
    [
        ({"reason": "required"}, {"reason": "as agreed"}, None),
        ({"reason": "on_reject"}, {}, None),
        ({"stages": [{"needs": 1}]}, {}, None),
        ({"defaults": {"n": 1}}, {"form": {"type": "object", "properties": {"n": {"type": "integer"}}}}, {"n": 1}),
        ({}, {"form": {"type": "object", "properties": {"n": {"type": "integer"}}}}, {}),
        ({}, {"form": {"type": "object", "required": ["n"]}, "decision": "rejected"}, None),
    ],
)
async def test_what_a_rule_answers_all_the_same(
    run: LoggedRun, settings: dict[str, Any], columns: dict[str, Any], data: Any
) -> None:
    form = columns.pop("form", None)
    await rule(run, "true", **columns)
    approval = await opened(run, settings=settings, form=form)
    assert (approval.status, approval.data) == ("decided", data)


async def test_the_history_says_why_no_rule_was_asked(run: LoggedRun) -> None:
    await rule(run, "true")
    data = await asked(run, await opened(run, settings={"separation_of_duties": True}))
    assert (data["outcome"], data["asked"]) == ("not_asked", [])
    assert "duties" in data["why"]


async def test_scope_expiry_and_whether_it_is_in_force(run: LoggedRun) -> None:
    slug = (await opened(run)).workflow_slug
    past = datetime.now(UTC) - timedelta(seconds=1)
    for columns in (
        {"workflow": "another"},
        {"workflow": slug, "node": "elsewhere"},
        {"tag": "other"},
        {"expires_at": past},
        {"enabled": False},
    ):
        await rule(run, "true", **columns)
    approval = await opened(run, path="here", tags=("refund",))
    assert approval.status == "pending"
    assert [kind for kind, _ in await history(run, approval)] == ["opened"]
    future = past + timedelta(days=1)
    await rule(run, "true", workflow=slug, node="here", tag="refund", expires_at=future, name="all of it")
    assert (await opened(run, path="here", iteration=1, tags=("a", "refund"))).decided_by == "all of it v1"
    await rule(run, "node == 'each.ask'", node="each.ask", name="in a foreach")
    assert (await opened(run, path="each#1[7].ask")).decided_by == "in a foreach v1"


async def test_rules_of_another_workspace_are_not_asked(run: LoggedRun, database: Database, database_url: str) -> None:
    await new_rule(database, await new_workspace(database_url), "true")
    assert (await opened(run)).status == "pending"


async def test_a_share_goes_to_people(run: LoggedRun) -> None:
    rule_id = await rule(run, "true", sample=30.0, name="sampled")
    await rule(run, "true", name="behind it")
    approvals = await asyncio.gather(*(opened(run) for _ in range(120)))
    for approval in approvals:
        assert approval.sampled is is_sample(approval.id, 30.0) is (approval.status == "pending")
        assert (approval.rule_id, approval.rule_version) == (rule_id, 1)
    sampled = [approval for approval in approvals if approval.sampled]
    assert 0 < len(sampled) < 120
    data = await asked(run, sampled[0])
    assert (data["outcome"], data["rule"], data["decision"]) == ("sampled", "sampled v1", "approved")
    async with run.database.tenant(run.workspace_id) as session:
        verdict = await decide(session, sampled[0].id, "rejected")
    assert (verdict.approval.status, verdict.approval.decided_by_kind) == ("decided", "key")


@pytest.mark.parametrize("percent", [0.0, 1.0, 20.0, 50.0, 100.0])
def test_the_share_is_what_it_should_be(percent: float) -> None:
    ids = [UUID(int=number * 7919) for number in range(20_000)]
    drawn = sum(is_sample(identity, percent) for identity in ids)
    expected = 200 * percent
    spread = 5 * (20_000 * percent / 100 * (1 - percent / 100)) ** 0.5
    assert abs(drawn - expected) <= spread
    assert drawn == sum(is_sample(identity, percent) for identity in ids)


async def test_a_rule_for_a_run_is_asked_there_and_in_its_children(run: LoggedRun) -> None:
    other = await LoggedRun.create(run.database, run.workspace_id)
    child = await LoggedRun.create(run.database, run.workspace_id, parent_run_id=run.id, parent_path="sub")
    origin = await opened(run, path="first")
    async with run.database.tenant(run.workspace_id) as session:
        await decide(session, origin.id)
    made = {"run_id": run.id, "origin_id": origin.id, "answers_for": {"kind": "operator", "id": None, "name": "op"}}
    await rule(run, "true", name="for the run", **made)
    assert (await opened(run)).decided_by == "for the run v1"
    assert (await opened(child)).decided_by == "for the run v1"
    assert (await opened(other)).status == "pending"


async def test_a_rule_for_a_run_answers_only_what_its_maker_might(run: LoggedRun) -> None:
    origin = await opened(run, path="first")
    operator = {"kind": "operator", "id": None, "name": "op"}
    await rule(run, "true", run_id=run.id, origin_id=origin.id, answers_for=operator)
    assert (await asked(run, await opened(run)))["asked"][0]["outcome"] == "not_entitled"
    async with run.database.tenant(run.workspace_id) as session:
        await decide(session, origin.id)
    assert (await opened(run)).status == "decided"
    for_admins = {"stages": [{"assignees": {"roles": ["admin"]}}]}
    approval = await opened(run, settings=for_admins)
    assert approval.status == "pending"
    assert (await asked(run, approval))["asked"][0]["outcome"] == "not_entitled"
    gone = {"kind": "user", "id": str(uuid4()), "name": "ada@example.com"}
    async with run.database.tenant(run.workspace_id) as session:
        await session.execute(update(ApprovalRule).values(answers_for=gone))
    assert (await opened(run)).status == "pending"


async def test_once_a_rule_is_off_it_answers_nothing_that_is_opened_later(run: LoggedRun) -> None:
    rule_id = await rule(run, "true")
    off = asyncio.Event()

    async def switch_off() -> None:
        async with run.database.tenant(run.workspace_id) as session:
            await session.execute(update(ApprovalRule).where(ApprovalRule.id == rule_id).values(enabled=False))
        off.set()

    async def keep_opening() -> list[tuple[bool, Approval]]:
        found = []
        for _ in range(25):
            later = off.is_set()
            found.append((later, await opened(run)))
        return found

    _, *opening = await asyncio.gather(switch_off(), *(keep_opening() for _ in range(4)))
    approvals = [each for found in opening for each in found or ()]
    assert any(later for later, _ in approvals)
    assert all(approval.status == "pending" for later, approval in approvals if later)
    for _, approval in approvals:
        kinds = [kind for kind, _ in await history(run, approval)]
        assert ("decided" in kinds) is (approval.status == "decided")


async def test_a_rule_that_changes_while_it_is_asked_does_not_answer_as_it_was(run: LoggedRun) -> None:
    rule_id = await rule(run, "true")
    async with run.database.tenant(run.workspace_id) as session:
        await session.execute(update(ApprovalRule).where(ApprovalRule.id == rule_id).values(enabled=False))
        opening = asyncio.create_task(opened(run))
        await asyncio.wait({opening}, timeout=0.5)
        assert not opening.done()  # it has matched, and waits for whoever is changing the rule
    approval = await opening
    assert approval.status == "pending"
    assert [kind for kind, _ in await history(run, approval)] == ["opened"]
