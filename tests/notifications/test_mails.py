"""Mails to people who are asked: who gets which, what stands in them, and what happens when the mail server fails."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select, update

from db.tables import NotificationMessage
from schemas.roles import Role
from tests.notifications.conftest import PUBLIC
from tests.notifications.people import application, ask, decide_as, link_in, mail_to, message, messages, someone, wants
from tests.support.agents import agent, calls
from tests.support.people import signed_in
from tests.support.perdure import Perdure, opened
from tests.support.polling import eventually
from tests.support.smtp_sink import SmtpSink


async def test_who_is_asked_gets_one_mail_with_a_link(perdure: Perdure, sink: SmtpSink):
    ada, other = await someone(perdure), await someone(perdure)
    asked = await ask(perdure, ada, body="Please **look** at it.")
    mail = await mail_to(sink, ada.email)
    assert mail.mail["Subject"] == "Your decision is needed: Pay the invoice?"
    assert mail.mail["From"] == "Perdure <bot@perdure.example.com>"
    assert mail.mail["Auto-Submitted"] == "auto-generated"
    assert f"{PUBLIC}/link/{link_in(mail)}" in mail.part("html")
    assert "<strong>look</strong>" in mail.part("html")
    assert "Please **look** at it." in mail.part("plain")
    logged = await message(perdure, "sent", approval_id=asked["id"])
    assert (logged.address, logged.attempts, logged.error, logged.uncertain) == (ada.email, 1, None, False)
    assert mail.mail["Message-ID"] == f"<msg_{logged.id.hex}@perdure.example.com>"
    assert sink.to(other.email) == []
    assert len(await messages(perdure)) == 1


async def test_nobody_is_told_what_anybody_may_answer_but_who_wants_to(perdure: Perdure, sink: SmtpSink):
    silent, watching = await someone(perdure), await someone(perdure)
    await wants(perdure, watching, unassigned=True)
    await ask(perdure)
    await mail_to(sink, watching.email)
    assert sink.to(silent.email) == []


async def test_reminders_escalations_and_the_end(perdure: Perdure, sink: SmtpSink):
    ada, boss = await someone(perdure), await someone(perdure, Role.ADMIN)
    asked = await ask(
        perdure,
        ada,
        deadline="4s",
        reminders=["1s"],
        escalate=[{"after": "2s", "to": {"users": [boss.email]}}],
        on_expiry="rejected",
    )
    await mail_to(sink, boss.email, 2)
    await mail_to(sink, ada.email, 3)
    about = {one: [mail.mail["Subject"].partition(":")[0] for mail in sink.to(one.email)] for one in (ada, boss)}
    assert about[ada] == ["Your decision is needed", "Reminder", "Expired"]
    assert about[boss] == ["Escalated", "Expired"]
    assert {one.mail["References"].strip() for one in sink.to(ada.email)} == {
        f"<approval-{asked['id']}@perdure.example.com>"
    }


async def test_what_is_said_goes_to_the_others(perdure: Perdure, sink: SmtpSink):
    ada, ben = await someone(perdure), await someone(perdure)
    asked = await ask(perdure, ada, ben)
    async with signed_in(application(perdure), ada) as as_ada:
        said = {"text": "Is this <b>right</b>?", "kind": "question"}
        assert (await as_ada.post(f"/v1/approvals/{asked['id']}/comments", json=said)).is_success
    await mail_to(sink, ben.email, 2)  # the other one asks for the decision; they may overtake each other
    [mail] = [one for one in sink.to(ben.email) if one.mail["Subject"] == f"{ada.email} on: Pay the invoice?"]
    assert "&lt;b&gt;right" in mail.part("html")
    await mail_to(sink, ada.email)
    assert [one.mail["Subject"].partition(":")[0] for one in sink.to(ada.email)] == ["Your decision is needed"]


async def test_who_wants_to_hears_of_decisions_of_others(perdure: Perdure, sink: SmtpSink):
    ada, ben = await someone(perdure), await someone(perdure)
    await wants(perdure, ben, events={"decided": ["email"]})
    asked = await ask(perdure, ada, ben)
    await decide_as(perdure, ada, asked)
    mail = await mail_to(sink, ben.email)
    assert mail.mail["Subject"] == "Answered (Approve): Pay the invoice?"
    assert "/link/" not in mail.part("plain")


async def test_a_server_that_is_busy_is_asked_again(perdure: Perdure, sink: SmtpSink):
    ada = await someone(perdure)
    sink.answers[f"RCPT {ada.email}"] = ["451 later", "421 go away"]
    await ask(perdure, ada)
    await mail_to(sink, ada.email)
    logged = await message(perdure, "sent")
    assert (logged.attempts, logged.uncertain, len(sink.to(ada.email))) == (3, False, 1)


async def test_a_refusal_is_final_and_stands_in_the_log(perdure: Perdure, sink: SmtpSink):
    ada = await someone(perdure)
    sink.answers[f"RCPT {ada.email}"] = ["550 no such mailbox"]
    await ask(perdure, ada)
    logged = await message(perdure, "failed")
    assert (logged.attempts, logged.error) == (1, "127.0.0.1 answered 550: no such mailbox")
    page = (await perdure.api.get("/v1/notifications/messages", params={"status": "failed"})).json()["items"]
    assert [(one["address"], one["error"]) for one in page] == [(ada.email, logged.error)]


async def test_a_lost_answer_is_sent_again_under_the_same_id_and_marked(perdure: Perdure, sink: SmtpSink):
    ada = await someone(perdure)
    sink.answers[f". {ada.email}"] = [None]
    await ask(perdure, ada)
    await mail_to(sink, ada.email, 2)
    logged = await message(perdure, "sent")
    assert (logged.attempts, logged.uncertain) == (2, True)
    assert len({one.mail["Message-ID"] for one in sink.to(ada.email)}) == 1


async def test_what_was_settled_meanwhile_is_not_asked(perdure: Perdure, sink: SmtpSink):
    ada = await someone(perdure)
    sink.answers[f"RCPT {ada.email}"] = ["451 later"]
    asked = await ask(perdure, ada)

    async def tried() -> bool:
        return any(one.attempts for one in await messages(perdure))

    await eventually(tried, pause=0.005)
    await decide_as(perdure, ada, asked)
    logged = await message(perdure, "skipped")
    assert (logged.error, sink.to(ada.email)) == ("The request was settled before this was sent.", [])


async def test_who_may_answer_hears_of_a_conversation_that_its_agent_gives_away(perdure: Perdure, sink: SmtpSink):
    ada, silent, looking = [await someone(perdure, role) for role in (Role.OPERATOR, Role.EDITOR, Role.VIEWER)]
    await wants(perdure, silent, events={})
    script = [calls(("hand_over", {"reason": "She wants <b>money</b> back."})), {"text": "Somebody will answer."}]
    told = f"[[sim:script {json.dumps(script)}]]"
    config = {"model": "gpt-4o-mini", "instructions": told, "tools": [{"type": "hand_over"}]}
    made = await perdure.api.post("/v1/agents", json={"name": "Shop", "slug": "shop", "config": config})
    assert made.status_code == 201, made.text
    assert (await perdure.api.post("/v1/agents/shop/publish", json={"revision": 1})).status_code == 201
    path = f"/v1/chat/sessions/{(await perdure.api.post('/v1/chat/sessions', json={'agent': 'shop'})).json()['id']}"
    sent = (await perdure.api.post(f"{path}/messages", json={"content": "My money, please."})).json()
    ended = await perdure.ended(sent["answer"]["run_id"])
    assert ended["output"]["text"] == "Somebody will answer.", ended
    given = (await perdure.api.get(path)).json()
    about = ("status", "handler", "handed_by", "handed_note")
    assert [given[name] for name in about] == ["human", None, "Shop", "She wants <b>money</b> back."]
    mail = await mail_to(sink, ada.email)
    assert mail.mail["Subject"] == "Answer wanted: My money, please."
    assert f"{PUBLIC}/agents/shop/chat?session={given['id']}" in mail.part("plain")
    assert "&lt;b&gt;money" in mail.part("html")
    async with signed_in(application(perdure), ada) as client:
        answer = await client.post(f"{path}/messages", json={"content": "Here it is.", "as_member": True})
        assert answer.is_success, answer.text
        taken = (await client.get(path)).json()
        assert [taken[name] for name in about[:3]] == ["human", ada.email, "Shop"]
        back = (await client.post(f"{path}/hand-back")).json()
        assert [back[name] for name in about] == ["agent", None, None, None]
        handed = await client.post(f"{path}/hand-over", json={"to": silent.email, "note": "Yours."})
        assert [handed.json()[name] for name in about] == ["human", silent.email, ada.email, "Yours."]
    assert [one.address for one in await messages(perdure, event="handed_over")] == [ada.email]
    assert sink.to(looking.email) == []
    alone = await perdure.run([agent(script=script, tools=[{"type": "hand_over"}])])
    [told_model] = [one for one in alone["output"]["messages"] if one["role"] == "tool"]
    assert "in no conversation" in told_model["content"][0]["text"]


async def test_quiet_hours_gather_what_happens_and_send_it_together(perdure: Perdure, sink: SmtpSink):
    ada = await someone(perdure)
    now = datetime.now(UTC)
    quiet = {"start": f"{now - timedelta(hours=1):%H:%M}", "end": f"{now + timedelta(hours=2):%H:%M}"}
    await wants(perdure, ada, quiet=quiet)
    first, second = await ask(perdure, ada, title="One"), await ask(perdure, ada, title="Two")
    gone = await ask(perdure, ada, title="Gone")

    async def held() -> bool:
        return len(await messages(perdure, event="opened")) == 3

    await eventually(held)
    await decide_as(perdure, ada, gone)
    (digest,) = await messages(perdure, event="digest")
    assert timedelta(hours=1, minutes=58) < digest.send_after - now < timedelta(hours=2)
    listed = (await perdure.api.get("/v1/notifications/messages")).json()["items"]
    assert {one["held"] for one in listed} == {True}
    assert sink.to(ada.email) == []
    async with perdure.database.tenant(perdure.workspace_id) as session:  # the night is over
        await session.execute(update(NotificationMessage).values(send_after=func.clock_timestamp()))
    mail = await mail_to(sink, ada.email)
    assert mail.mail["Subject"] == "2 messages from Perdure"
    assert ("One" in mail.part("plain"), "Two" in mail.part("plain"), "Gone" in mail.part("plain")) == (
        True,
        True,
        False,
    )
    assert len(set(re.findall(r"/link/pdl_\S+", mail.part("plain")))) == 2
    await message(perdure, "sent", event="digest")
    assert {one.approval_id: one.status for one in await messages(perdure, event="opened")} == {
        UUID(first["id"]): "sent",
        UUID(second["id"]): "sent",
        UUID(gone["id"]): "skipped",
    }
    assert len(sink.to(ada.email)) == 1


async def test_urgent_requests_wake_people(perdure: Perdure, sink: SmtpSink):
    ada = await someone(perdure)
    await wants(perdure, ada, quiet={"start": "00:00", "end": "23:59"}, digest="daily")
    await ask(perdure, ada, priority="urgent")
    assert "urgent" in (await mail_to(sink, ada.email)).part("plain")


async def test_an_invitation_is_mailed_and_its_link_is_kept_nowhere(perdure: Perdure, sink: SmtpSink):
    """Only by the installation's server: whoever runs the workspace's could accept it in the name of the other."""
    address = f"new-{uuid4().hex[:8]}@example.com"
    own = {"host": "mail.example.com", "sender": "own@example.com"}
    channel = await perdure.api.post("/v1/notifications/channels", json={"name": "own", "kind": "email", "mail": own})
    assert channel.status_code == 201, channel.text
    reach = perdure.services.reach.model_copy(update={"smtp_host": "127.0.0.1"})
    async with opened(replace(perdure.services, reach=reach)) as mailing:
        sent = (await mailing.api.post("/v1/invitations", json={"email": address, "role": "operator"})).json()
    assert (sent["mailed"], sent["token"], sent["path"]) == (True, None, None)
    link = re.search(f"{re.escape(PUBLIC)}/invitation#token=(\\S+)", (await mail_to(sink, address)).part("plain"))
    assert link is not None
    logged = await message(perdure, "sent", event="invitation")
    async with perdure.database.tenant(perdure.workspace_id) as session:
        kept = select(NotificationMessage.sealed, NotificationMessage.facts).where(NotificationMessage.id == logged.id)
        row = (await session.execute(kept)).one()
    assert row.sealed is None
    assert link[1].partition(".")[0] not in str(row.facts)
