"""What all answers together mean, and that it comes out the same whoever is faster."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import select

from db.approvals.handing import claim, reassign
from db.approvals.settling import decision_of, expire, tell_undoable
from db.approvals.taking_back import revise, take_back
from db.approvals.voting import Verdict, outcome_of
from db.tables import Approval
from schemas.approvals import Stage
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import RunStatus
from schemas.roles import Role
from schemas.service_calls import CloseRun
from tests.support.inbox import Inbox, Person

A, R, L = "approved", "rejected", "later"


@pytest.mark.parametrize(
    ("stage", "votes", "voters", "outcome"),
    [
        ({}, [A], None, A),
        ({}, [R], None, R),
        ({}, [L], None, L),
        ({"veto": False}, [R], None, R),
        ({"needs": 2}, [A], 5, None),
        ({"needs": 2}, [A, A], 5, A),
        ({"needs": 2}, [A, R], 5, R),
        ({"needs": 2, "veto": False}, [A, R], 3, None),
        ({"needs": 2, "veto": False}, [A, R, R], 3, R),
        ({"needs": 2, "veto": False}, [R, R], 3, R),
        ({"needs": 2, "veto": False}, [A, R, A], 3, A),
        ({"needs": "all"}, [A, A], 3, None),
        ({"needs": "all"}, [A, A, A], 3, A),
        ({"needs": "all", "veto": False}, [A, R], 3, R),
        ({"needs": 2}, [A, L], 2, R),
        ({"needs": 2}, [L, L], 2, L),
        ({"needs": 3}, [A], 2, None),
        ({"needs": 2, "veto": False}, [R, R], None, R),
        ({"needs": 2, "veto": False}, [A, L, L], None, L),
    ],
)
def test_votes(stage: dict[str, Any], votes: list[str], voters: int | None, outcome: str | None) -> None:
    assert outcome_of(Stage.model_validate(stage), votes, voters) == outcome


async def test_stages_are_asked_in_order_and_each_by_its_own_people(inbox: Inbox) -> None:
    ada, bob, boss = await inbox.people(3)
    stages = [
        {"name": "desk", "assignees": {"users": [ada.email, bob.email]}, "needs": "all"},
        {"name": "lead", "assignees": {"users": [boss.email]}},
    ]
    approval_id = await inbox.ask(stages=stages)
    with pytest.raises(PerdureError):
        await inbox.vote(approval_id, boss)
    assert not (await inbox.vote(approval_id, ada)).final
    assert await inbox.asked(approval_id) == {f"user:{ada.id}", f"user:{bob.id}"}
    assert not (await inbox.vote(approval_id, bob)).final
    assert await inbox.asked(approval_id) == {f"user:{boss.id}"}
    assert await inbox.signals() == []
    verdict = await inbox.vote(approval_id, boss)
    assert (verdict.final, verdict.approval.decided_by) == (True, boss.email)
    [signal] = await inbox.signals()
    assert [vote["by"] for vote in signal.payload["votes"]] == [ada.email, bob.email, boss.email]


async def test_all_are_those_who_can_answer(inbox: Inbox) -> None:
    ada, gone = await inbox.people(2)
    group = await inbox.group(ada, gone, await inbox.person(Role.VIEWER))
    approval_id = await inbox.ask(stages=[{"assignees": {"groups": [group]}, "needs": "all"}])
    connection = await asyncpg.connect(inbox.database.url)
    await connection.execute("UPDATE users SET disabled_at = now() WHERE id = $1", gone.id)
    await connection.close()
    assert (await inbox.vote(approval_id, ada)).final


async def test_nobody_votes_twice_in_a_stage(inbox: Inbox) -> None:
    ada, bob = await inbox.people(2)
    approval_id = await inbox.ask(stages=[{"assignees": {"users": [ada.email, bob.email]}, "needs": 2}])
    answers = await asyncio.gather(*(inbox.vote(approval_id, ada) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(answer, Verdict) for answer in answers) == 1
    assert {a.code for a in answers if isinstance(a, PerdureError)} == {ErrorCode.ALREADY_ANSWERED}
    assert (await inbox.look(approval_id)).status == "pending"


@pytest.mark.parametrize("round_", range(4))
async def test_of_many_voters_the_quorum_decides_once(inbox: Inbox, round_: int) -> None:
    people = await inbox.people(12)
    approval_id = await inbox.ask(
        stages=[{"assignees": {"users": [p.email for p in people]}, "needs": 5, "veto": False}]
    )
    verdicts = await asyncio.gather(
        *(inbox.vote(approval_id, person, A if n % 2 else R) for n, person in enumerate(people))
    )
    finals = [verdict for verdict in verdicts if verdict.final]
    assert len(finals) == 1
    assert len(await inbox.signals()) == 1
    settled = await inbox.look(approval_id)
    assert {verdict.approval.decision for verdict in verdicts if not verdict.won} <= {settled.decision}
    assert (await inbox.history(approval_id)).count("decided") == 1
    assert (await inbox.run.history()).count("approval.decided ask") == 1


@pytest.mark.parametrize("round_", range(4))
async def test_voters_the_deadline_the_end_of_the_run_and_a_reassignment_agree(inbox: Inbox, round_: int) -> None:
    people = await inbox.people(4)
    approval_id = await inbox.ask(stages=[{"assignees": {"users": [p.email for p in people]}, "needs": 2}])
    close = inbox.run.log.close(CloseRun.model_validate(inbox.run.message(status=RunStatus.CANCELLED)))
    await asyncio.gather(
        *(inbox.vote(approval_id, person) for person in people),
        _expire(inbox, approval_id),
        _give_away(inbox, approval_id, people[0]),
        close if round_ % 2 else asyncio.sleep(0),
        return_exceptions=True,
    )
    settled = await inbox.look(approval_id)
    assert settled.status in ("decided", "expired", "cancelled")
    events = [event for event in await inbox.run.history() if event in ("approval.decided ask", "approval.expired ask")]
    assert len(events) == (settled.status != "cancelled")
    assert len(await inbox.signals()) == (settled.status == "decided")
    assert await inbox.asked(approval_id) == set()
    if not round_ % 2:
        close.close()


async def _expire(inbox: Inbox, approval_id: UUID) -> None:
    async with inbox.database.tenant(inbox.run.workspace_id) as session:
        await expire(session, approval_id)


async def _give_away(inbox: Inbox, approval_id: UUID, person: Person) -> None:
    async with inbox.database.tenant(inbox.run.workspace_id) as session:
        await reassign(session, approval_id, person.actor, ["role:owner"], replace=True, via="reassignment")


@pytest.mark.parametrize("meaning", ["expired", "rejected", "approved"])
async def test_the_node_says_what_the_deadline_means(inbox: Inbox, meaning: str) -> None:
    approval_id = await inbox.ask(on_expiry=meaning)
    await _expire(inbox, approval_id)
    settled = await inbox.look(approval_id)
    assert (settled.status, settled.decision, settled.decided_by) == ("expired", meaning, None)


async def test_an_answer_to_another_question_is_stale(inbox: Inbox) -> None:
    ada = await inbox.person()
    approval_id = await inbox.ask()
    seen = (await inbox.look(approval_id)).digest
    async with inbox.database.tenant(inbox.run.workspace_id) as session:
        await revise(
            session, approval_id, ada.actor, title=None, body=None, payload={"amount": 9_000}, why="wrong currency"
        )
        assert "9000" in str(await session.scalar(select(Approval.words).where(Approval.id == approval_id)))
    for digest in (seen, "0" * 64):
        with pytest.raises(PerdureError) as refusal:
            await inbox.vote(approval_id, ada, digest=digest)
        assert refusal.value.code is ErrorCode.STALE_APPROVAL
    verdict = await inbox.vote(approval_id, ada)
    async with inbox.database.tenant(inbox.run.workspace_id) as session:
        decision = await decision_of(session, verdict.approval)
    assert decision is not None
    assert (decision.changed, decision.payload) == (True, {"amount": 9_000})
    assert decision.digest != seen


async def test_only_what_the_node_allows_is_edited(inbox: Inbox) -> None:
    ada = await inbox.person()
    approval_id = await inbox.ask(editable=["amount", "to.name"])
    for payload in ({"amount": 900, "to": {"name": "Ada", "iban": "X"}}, {"amount": 900}, 5, {"amount": True, "to": 1}):
        with pytest.raises(PerdureError, match="may not be edited") as refusal:
            await inbox.vote(approval_id, ada, payload=payload)
        assert refusal.value.code is ErrorCode.INVALID_REQUEST
    verdict = await inbox.vote(approval_id, ada, payload={"amount": 800, "to": {"name": "Ada L."}})
    assert verdict.approval.final_payload == {"amount": 800, "to": {"name": "Ada L."}}
    assert verdict.approval.payload == {"amount": 900, "to": {"name": "Ada"}}


async def test_an_edit_among_several_begins_the_votes_anew(inbox: Inbox) -> None:
    ada, bob, eve = await inbox.people(3)
    approval_id = await inbox.ask(
        stages=[{"assignees": {"users": [p.email for p in (ada, bob, eve)]}, "needs": 2}], editable=["amount"]
    )
    seen = (await inbox.look(approval_id)).digest
    await inbox.vote(approval_id, ada)
    await inbox.vote(approval_id, bob, payload={"amount": 1, "to": {"name": "Ada"}})
    now = await inbox.look(approval_id)
    assert (now.status, now.revision, now.payload["amount"]) == ("pending", 2, 1)
    with pytest.raises(PerdureError):
        await inbox.vote(approval_id, eve, digest=seen)
    assert (await inbox.vote(approval_id, ada)).final


async def test_an_edit_in_a_later_stage_is_looked_at_by_all_stages_again(inbox: Inbox) -> None:
    ada, boss = await inbox.people(2)
    stages = [{"assignees": {"users": [ada.email]}}, {"assignees": {"users": [boss.email]}}]
    approval_id = await inbox.ask(stages=stages, editable=["amount"])
    await inbox.vote(approval_id, ada)
    await _claim(inbox, approval_id, boss)
    # Whoever edits is not asked in the first stage: their answer does not stand for it.
    verdict = await inbox.vote(approval_id, boss, payload={"amount": 1, "to": {"name": "Ada"}})
    now = await inbox.look(approval_id)
    assert (verdict.won, verdict.final, now.stage, now.payload["amount"]) == (True, False, 0, 1)
    assert await inbox.told(approval_id) == [
        ("opened", [f"user:{ada.id}"]),
        ("opened", [f"user:{boss.id}"]),
        ("opened", [f"user:{ada.id}"]),
    ]
    with pytest.raises(PerdureError):
        await inbox.vote(approval_id, boss)
    assert not (await inbox.vote(approval_id, ada)).final
    assert (await inbox.vote(approval_id, boss)).final


async def test_a_rejection_among_several_counts_without_its_edits(inbox: Inbox) -> None:
    ada, bob = await inbox.people(2)
    stages = [{"assignees": {"users": [ada.email]}}, {"assignees": {"users": [bob.email]}}]
    approval_id = await inbox.ask(stages=stages, editable=["amount"])
    await inbox.vote(approval_id, ada)
    assert (await inbox.vote(approval_id, bob, R, payload={"amount": 1, "to": {"name": "Ada"}})).final
    settled = await inbox.look(approval_id)
    assert (settled.decision, settled.revision, settled.final_payload) == (R, 1, None)


async def test_whoever_has_claimed_and_answered_lets_the_others_answer(inbox: Inbox) -> None:
    ada, bob = await inbox.people(2)
    approval_id = await inbox.ask(stages=[{"assignees": {"users": [ada.email, bob.email]}, "needs": 2}])
    await _claim(inbox, approval_id, ada)
    await inbox.vote(approval_id, ada)
    assert (await inbox.vote(approval_id, bob)).final


async def test_an_answer_is_taken_back_within_its_grace_and_not_later(inbox: Inbox) -> None:
    ada = await inbox.person()
    approval_id = await inbox.ask(undo=3_600.0)
    verdict = await inbox.vote(approval_id, ada, R)
    assert (verdict.final, await inbox.signals()) == (True, [])
    await _take_back(inbox, approval_id, ada)
    assert (await inbox.look(approval_id)).status == "pending"
    assert await inbox.asked(approval_id) == {"anyone"}
    await inbox.vote(approval_id, ada, A)
    async with inbox.database.system() as session:
        assert await tell_undoable(session) == 0
    # The run went on by itself, such as at its deadline: the decision stands.
    await _expire(inbox, approval_id)
    with pytest.raises(PerdureError) as refusal:
        await _take_back(inbox, approval_id, ada)
    assert refusal.value.code is ErrorCode.UNDO_REFUSED
    assert await inbox.history(approval_id) == ["opened", "decided", "undone", "decided"]
    assert [event for event in await inbox.run.history() if event.startswith("approval")] == [
        "approval.opened ask",
        "approval.decided ask",
        "approval.reopened ask",
        "approval.decided ask",
    ]


async def test_the_run_is_told_when_the_grace_is_over(inbox: Inbox) -> None:
    ada = await inbox.person()
    approval_id = await inbox.ask(undo=0.001)
    await inbox.vote(approval_id, ada)
    async with inbox.database.system() as session:
        assert await tell_undoable(session) >= 1
    [signal] = await inbox.signals()
    assert signal.payload["decision"] == A
    with pytest.raises(PerdureError) as refusal:
        await _take_back(inbox, approval_id, ada)
    assert refusal.value.code is ErrorCode.UNDO_REFUSED


async def test_nobody_takes_back_what_others_answered(inbox: Inbox) -> None:
    ada, bob = await inbox.people(2)
    approval_id = await inbox.ask(undo=3_600.0)
    await inbox.vote(approval_id, ada)
    with pytest.raises(PerdureError, match="not answered"):
        await _take_back(inbox, approval_id, bob)


async def test_a_vote_is_taken_back_while_others_are_asked(inbox: Inbox) -> None:
    ada, bob = await inbox.people(2)
    approval_id = await inbox.ask(stages=[{"assignees": {"users": [ada.email, bob.email]}, "needs": 2}])
    await inbox.vote(approval_id, ada)
    await _take_back(inbox, approval_id, ada)
    assert not (await inbox.vote(approval_id, bob)).final
    assert (await inbox.vote(approval_id, ada)).final


async def test_a_stage_that_is_taken_back_is_asked_again_and_nobody_has_claimed_it(inbox: Inbox) -> None:
    ada, bob, boss = await inbox.people(3)
    stages = [
        {"assignees": {"users": [ada.email, bob.email]}, "needs": 2},
        {"assignees": {"users": [boss.email]}},
    ]
    approval_id = await inbox.ask(stages=stages)
    await inbox.vote(approval_id, ada)
    await inbox.vote(approval_id, bob)
    await _claim(inbox, approval_id, boss)
    await _take_back(inbox, approval_id, ada)
    assert await inbox.asked(approval_id) == {f"user:{ada.id}", f"user:{bob.id}"}
    assert (await inbox.told(approval_id))[-1] == ("opened", sorted([f"user:{ada.id}", f"user:{bob.id}"]))
    assert not (await inbox.vote(approval_id, ada)).final
    assert (await inbox.vote(approval_id, boss)).final


async def _claim(inbox: Inbox, approval_id: UUID, person: Person) -> None:
    async with inbox.database.tenant(inbox.run.workspace_id) as session:
        await claim(session, approval_id, person.voter, person.actor)


async def _take_back(inbox: Inbox, approval_id: UUID, person: Person) -> None:
    async with inbox.database.tenant(inbox.run.workspace_id) as session:
        await take_back(session, approval_id, person.actor)
