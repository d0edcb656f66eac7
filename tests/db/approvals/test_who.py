"""Who may answer a request, and who may not: each refusal has its own code."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from db.approvals.alarms import ring
from db.approvals.handing import claim, delegate, reassign, release
from db.tables import Absence
from schemas.errors import ErrorCode, PerdureError
from schemas.roles import Role
from tests.support.inbox import Inbox, Person
from tests.support.run_log import LoggedRun


def one(**assignees: list[str]) -> list[dict[str, object]]:
    return [{"assignees": assignees}]


async def refused(inbox: Inbox, approval_id: UUID, person: Person) -> ErrorCode:
    with pytest.raises(PerdureError) as refusal:
        await inbox.vote(approval_id, person)
    assert (await inbox.look(approval_id)).status == "pending"
    return refusal.value.code


async def test_a_user_a_role_and_a_group_are_asked_and_nobody_else(inbox: Inbox) -> None:
    ada, bob, eve = await inbox.people(3)
    admin = await inbox.person(Role.ADMIN)
    group = await inbox.group(bob)
    for stage, entitled in (
        (one(users=[ada.email.upper()]), ada),
        (one(roles=["admin"]), admin),
        (one(groups=[group.upper()]), bob),
    ):
        approval_id = await inbox.ask(stages=stage, request={"path": f"ask {entitled.email}"})
        for person in {ada, bob, eve, admin} - {entitled}:
            assert await refused(inbox, approval_id, person) is ErrorCode.NOT_ASSIGNED
        assert (await inbox.vote(approval_id, entitled)).final
        assert await inbox.asked(approval_id) == set()


async def test_whoever_joins_the_group_later_may_answer(inbox: Inbox) -> None:
    ada, late = await inbox.people(2)
    group = await inbox.group(ada)
    approval_id = await inbox.ask(stages=one(groups=[group]))
    assert await refused(inbox, approval_id, late) is ErrorCode.NOT_ASSIGNED
    async with inbox.database.tenant(inbox.run.workspace_id) as session:
        await reassign(session, approval_id, ada.actor, [f"user:{late.id}"], replace=False, via="reassignment")
    assert (await inbox.vote(approval_id, late)).final


async def test_names_that_do_not_exist_are_all_reported(inbox: Inbox) -> None:
    with pytest.raises(PerdureError, match=r"member 'nobody@example\.com', group 'none'") as refusal:
        await inbox.ask(stages=one(users=["nobody@example.com"], groups=["none"]))
    assert refusal.value.code is ErrorCode.INVALID_CONFIG


async def test_separation_of_duties_keeps_out_who_started_the_run(inbox: Inbox) -> None:
    starter, other = await inbox.people(2)
    started_by = {"kind": "user", "id": str(starter.id), "name": starter.email, "address": "", "request_id": ""}
    mine = Inbox(await LoggedRun.create(inbox.database, inbox.run.workspace_id, started_by=started_by))
    approval_id = await mine.ask(separation_of_duties=True)
    assert await refused(mine, approval_id, starter) is ErrorCode.SELF_APPROVAL
    with pytest.raises(PerdureError) as refusal:
        async with mine.database.tenant(mine.run.workspace_id) as session:
            await delegate(session, approval_id, other.voter, other.actor, starter.id, None)
    assert refusal.value.code is ErrorCode.SELF_APPROVAL
    assert (await mine.vote(approval_id, other)).final


async def test_a_claim_keeps_others_out_until_it_is_released(inbox: Inbox) -> None:
    ada, bob = await inbox.people(2)
    approval_id = await inbox.ask()
    async with inbox.database.tenant(inbox.run.workspace_id) as session:
        await claim(session, approval_id, ada.voter, ada.actor)
    assert await refused(inbox, approval_id, bob) is ErrorCode.CLAIMED
    with pytest.raises(PerdureError):
        async with inbox.database.tenant(inbox.run.workspace_id) as session:
            await release(session, approval_id, bob.actor, manages=False)
    async with inbox.database.tenant(inbox.run.workspace_id) as session:
        await release(session, approval_id, bob.actor, manages=True)
    assert (await inbox.vote(approval_id, bob)).final
    assert await inbox.history(approval_id) == ["opened", "claimed", "released", "decided"]


async def test_a_delegate_answers_and_whoever_delegated_does_not(inbox: Inbox) -> None:
    ada, bob, eve = await inbox.people(3)
    approval_id = await inbox.ask(stages=one(users=[ada.email]))
    async with inbox.database.tenant(inbox.run.workspace_id) as session:
        await delegate(session, approval_id, ada.voter, ada.actor, bob.id, "I am on a train")
    assert await refused(inbox, approval_id, ada) is ErrorCode.ASSIGNMENT_RELEASED
    assert await refused(inbox, approval_id, eve) is ErrorCode.NOT_ASSIGNED
    assert (await inbox.vote(approval_id, bob)).final


async def test_of_a_group_only_whoever_delegates_leaves(inbox: Inbox) -> None:
    ada, bob, eve = await inbox.people(3)
    approval_id = await inbox.ask(stages=[{"assignees": {"groups": [await inbox.group(ada, bob)]}, "needs": 2}])
    async with inbox.database.tenant(inbox.run.workspace_id) as session:
        await delegate(session, approval_id, ada.voter, ada.actor, eve.id, None)
    assert await inbox.asked(approval_id) == {f"user:{bob.id}", f"user:{eve.id}"}
    assert await refused(inbox, approval_id, ada) is ErrorCode.ASSIGNMENT_RELEASED
    assert not (await inbox.vote(approval_id, bob)).final
    assert (await inbox.vote(approval_id, eve)).final


async def test_what_anybody_may_answer_is_reserved_for_the_delegate(inbox: Inbox) -> None:
    ada, bob = await inbox.people(2)
    approval_id = await inbox.ask()
    async with inbox.database.tenant(inbox.run.workspace_id) as session:
        await delegate(session, approval_id, ada.voter, ada.actor, bob.id, None)
    assert await refused(inbox, approval_id, ada) is ErrorCode.CLAIMED
    assert (await inbox.vote(approval_id, bob)).final


async def test_nobody_delegates_to_strangers(inbox: Inbox) -> None:
    ada = await inbox.person()
    approval_id = await inbox.ask()
    with pytest.raises(PerdureError, match="not a member"):
        async with inbox.database.tenant(inbox.run.workspace_id) as session:
            await delegate(session, approval_id, ada.voter, ada.actor, uuid4(), None)
    assert await handing_on(inbox, approval_id, ada, await inbox.person(Role.VIEWER)) is ErrorCode.INVALID_REQUEST


async def test_an_escalation_is_not_stopped_by_a_claim(inbox: Inbox) -> None:
    ada, boss = await inbox.people(2)
    approval_id = await inbox.ask(stages=one(users=[ada.email]), escalate=[{"after": 60, "to": [boss.email]}])
    async with inbox.database.tenant(inbox.run.workspace_id) as session:
        await claim(session, approval_id, ada.voter, ada.actor)
        await ring(session, approval_id, "escalate", 0)
    assert (await inbox.vote(approval_id, boss)).final


async def test_a_substitute_answers_while_somebody_is_away(inbox: Inbox) -> None:
    ada, bob = await inbox.people(2)
    approval_id = await inbox.ask(stages=one(users=[ada.email]))
    now = datetime.now(UTC)
    for starts, ends in ((now - timedelta(days=9), now - timedelta(days=2)), (now + timedelta(1), now + timedelta(2))):
        await absent(inbox, ada, bob, starts, ends)
    assert await refused(inbox, approval_id, bob) is ErrorCode.NOT_ASSIGNED
    await absent(inbox, ada, bob, now - timedelta(hours=1), now + timedelta(hours=1))
    assert (await inbox.vote(approval_id, bob)).final


async def test_a_place_answers_once_whoever_takes_it(inbox: Inbox) -> None:
    """One person cannot become two by a substitute or by handing on what they have answered."""
    ada, bob, eve, guest = await inbox.people(4)
    now = datetime.now(UTC)
    await absent(inbox, ada, eve, now - timedelta(hours=1), now + timedelta(hours=1))
    pair = [{"assignees": {"users": [ada.email, bob.email]}, "needs": 2}]

    by_substitute = await inbox.ask(stages=pair, request={"path": "first"})
    assert not (await inbox.vote(by_substitute, eve)).final
    assert await refused(inbox, by_substitute, ada) is ErrorCode.ALREADY_ANSWERED
    assert await handing_on(inbox, by_substitute, ada, guest) is ErrorCode.ALREADY_ANSWERED
    assert (await inbox.vote(by_substitute, bob)).final

    by_hand = await inbox.ask(stages=pair, request={"path": "second"})
    assert not (await inbox.vote(by_hand, bob)).final
    assert await handing_on(inbox, by_hand, bob, guest) is ErrorCode.ALREADY_ANSWERED
    # A substitute gives away the place that they stand in, and has it no more.
    assert await handing_on(inbox, by_hand, eve, guest) is None
    assert await inbox.asked(by_hand) == {f"user:{bob.id}", f"user:{guest.id}"}
    assert await refused(inbox, by_hand, eve) is ErrorCode.NOT_ASSIGNED
    assert await refused(inbox, by_hand, ada) is ErrorCode.ASSIGNMENT_RELEASED
    assert (await inbox.vote(by_hand, guest)).final


async def handing_on(inbox: Inbox, approval_id: UUID, person: Person, to: Person) -> ErrorCode | None:
    """The code with which a delegation is refused, if it is."""
    try:
        async with inbox.database.tenant(inbox.run.workspace_id) as session:
            await delegate(session, approval_id, person.voter, person.actor, to.id, None)
    except PerdureError as refusal:
        return refusal.code
    return None


async def absent(inbox: Inbox, who: Person, substitute: Person, starts: datetime, ends: datetime) -> None:
    async with inbox.database.tenant(inbox.run.workspace_id) as session:
        session.add(
            Absence(
                workspace_id=inbox.run.workspace_id,
                user_id=who.id,
                substitute_id=substitute.id,
                starts_at=starts,
                ends_at=ends,
            )
        )


async def test_an_escalation_asks_others_once_and_may_replace(inbox: Inbox) -> None:
    ada, lead, boss = await inbox.people(3)
    approval_id = await inbox.ask(
        stages=one(users=[ada.email]),
        escalate=[
            {"after": 60, "to": [lead.email]},
            {"after": 120, "to": [boss.email], "replace": True},
            {"after": 180, "to": ["gone@example.com"]},
        ],
    )
    for index, asked in ((0, {ada, lead}), (0, {ada, lead}), (1, {boss}), (2, {boss})):
        async with inbox.database.tenant(inbox.run.workspace_id) as session:
            await ring(session, approval_id, "escalate", index)
        assert await inbox.asked(approval_id) == {f"user:{person.id}" for person in asked}
    history = await inbox.history(approval_id)
    assert history.count("escalated") == 3
    assert history.count("escalation_failed") == 1
    assert await refused(inbox, approval_id, ada) is ErrorCode.ASSIGNMENT_RELEASED
    assert (await inbox.vote(approval_id, boss)).final


async def test_requests_of_another_workspace_do_not_exist(inbox: Inbox) -> None:
    stranger = await inbox.person()
    approval_id = await inbox.ask()
    with pytest.raises(PerdureError) as refusal:
        async with inbox.database.tenant(uuid4()) as session:
            await claim(session, approval_id, stranger.voter, stranger.actor)
    assert refusal.value.code is ErrorCode.NOT_FOUND
