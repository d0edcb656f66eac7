"""Links: bound to one person and one request, signed, once, for some time; opening one never decides."""

import asyncio
import base64
from collections import Counter
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import select, text, update

from db.notifications.links import MARK, LinkToken, _seal
from db.tables import ApprovalLink, AuditEntry, Workspace
from schemas.roles import Role
from tests.notifications.people import application, ask, link_in, mail_to, someone
from tests.support.people import Member, signed_in
from tests.support.perdure import Perdure
from tests.support.smtp_sink import SmtpSink


async def linked(
    perdure: Perdure, sink: SmtpSink, role: Role = Role.OPERATOR, **config: Any
) -> tuple[Member, dict[str, Any], str]:
    """A member, a request to them, and their link."""
    person = await someone(perdure, role)
    asked = await ask(perdure, person, **config)
    return person, asked, link_in(await mail_to(sink, person.email))


def visitor(perdure: Perdure) -> httpx.AsyncClient:
    """Nobody in particular."""
    return httpx.AsyncClient(transport=perdure.api._transport, base_url="http://api")


async def confirm(perdure: Perdure, token: str, digest: str, decision: str = "approved", **more: Any) -> httpx.Response:
    async with visitor(perdure) as nobody:
        body = {"token": token, "decision": decision, "digest": digest, **more}
        return await nobody.post("/v1/links/confirm", json=body)


async def status_of(perdure: Perdure, approval: str) -> dict[str, Any]:
    shown: dict[str, Any] = (await perdure.api.get(f"/v1/approvals/{approval}")).raise_for_status().json()
    return shown


async def refusals(perdure: Perdure, approval: str) -> list[str]:
    """Codes of refusals in the audit log."""
    async with perdure.database.tenant(perdure.workspace_id) as session:
        query = select(AuditEntry.after).where(
            AuditEntry.action == "approval.refused", AuditEntry.subject_id == approval
        )
        return [after["code"] for after in await session.scalars(query.order_by(AuditEntry.id))]


async def test_opening_a_link_never_decides(perdure: Perdure, sink: SmtpSink):
    _, asked, token = await linked(perdure, sink, body="<script>x</script> **bold**")
    async with visitor(perdure) as scanner:
        for method in ("GET", "HEAD", "GET"):
            answer = await scanner.request(method, f"/link/{token}", headers={"Purpose": "prefetch"})
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "no-store"
        looked = await scanner.post("/v1/links/inspect", json={"token": token})
        assert (await scanner.get(f"/link/{token}?decision=approved&confirm=1")).status_code == 200
        assert (await scanner.post(f"/link/{token}")).status_code == 405
    page = (await visitor(perdure).get(f"/link/{token}")).text
    assert "<script" not in page
    assert "<strong>bold</strong>" in page
    assert '<form method="post" action="/link"' in page
    assert looked.json()["approval"]["id"] == asked["id"]
    assert looked.json()["changed"] is False
    assert (await status_of(perdure, asked["id"]))["status"] == "pending"
    assert await refusals(perdure, asked["id"]) == []


async def test_a_link_and_its_mail_show_personal_data_to_nobody_who_may_not_see_them(perdure: Perdure, sink: SmtpSink):
    await perdure.api.put("/v1/privacy/masking", json={"mask_views": True, "fields": ["born"]})
    about = {"title": "Call +44 20 7946 0018", "body": "Or write to ada@lovelace.example."}
    payload = {"who": "ada@lovelace.example", "born": "1815-12-10"}
    for role, open_ in ((Role.OPERATOR, False), (Role.ADMIN, True)):
        person, asked, token = await linked(perdure, sink, role, payload=payload, **about)
        async with visitor(perdure) as nobody:
            texts = [(await nobody.get(f"/link/{token}")).text]
            texts.append((await nobody.post("/v1/links/inspect", json={"token": token})).text)
        texts.append((await confirm(perdure, token, asked["digest"])).text)
        for clear in ("ada@lovelace.example", "1815-12-10", "7946 0018"):
            assert [clear in text for text in texts] == [open_] * 3
        mail = await mail_to(sink, person.email)
        letter = f"{mail.mail['Subject']} {mail.part('plain')} {mail.part('html')}"
        assert "7946 0018" not in letter
        assert "ada@lovelace" not in letter
        assert person.email in letter


async def test_the_button_decides_as_the_person_and_the_run_goes_on(perdure: Perdure, sink: SmtpSink):
    person, asked, token = await linked(perdure, sink)
    form = {"token": token, "digest": asked["digest"], "decision": "approved", "reason": "looks right"}
    async with visitor(perdure) as nobody:
        answer = await nobody.post("/link", data=form)
    assert (answer.status_code, "Your answer counts" in answer.text) == (200, True)
    shown = await status_of(perdure, asked["id"])
    assert (shown["decision"], shown["decided_by"], shown["decided_by_kind"]) == ("approved", person.email, "user")
    assert shown["reason"] == "looks right"
    assert (await perdure.ended(asked["run_id"]))["status"] == "completed"
    async with perdure.database.tenant(perdure.workspace_id) as session:
        query = select(AuditEntry).where(AuditEntry.subject_id == asked["id"], AuditEntry.actor_id == person.id)
        actions = {entry.action: entry for entry in await session.scalars(query)}
    assert actions.keys() == {"approval.decided", "approval_link.used"}
    assert token not in str(actions["approval_link.used"].after)


async def test_of_many_clicks_at_once_one_wins(perdure: Perdure, sink: SmtpSink):
    _, asked, token = await linked(perdure, sink)
    answers = await asyncio.gather(*(confirm(perdure, token, asked["digest"]) for _ in range(8)))
    assert Counter(answer.json().get("code", "won") for answer in answers) == {"won": 1, "link_used": 7}
    assert {answer.status_code for answer in answers} == {200, 409}
    assert await refusals(perdure, asked["id"]) == ["link_used"] * 7
    page = await visitor(perdure).get(f"/link/{token}")
    assert (page.status_code, "used already" in page.text, asked["title"] in page.text) == (409, True, False)


async def test_an_expired_link(perdure: Perdure, sink: SmtpSink):
    _, asked, token = await linked(perdure, sink)
    parts = parsed(token)
    async with perdure.database.tenant(perdure.workspace_id) as session:
        link = await session.get_one(ApprovalLink, parts.link_id)
        link.expires_at -= timedelta(days=30)
        link.seal = _seal(parts, link)
    assert (await confirm(perdure, token, asked["digest"])).json()["code"] == "link_expired"
    assert (await visitor(perdure).get(f"/link/{token}")).status_code == 409
    assert await refusals(perdure, asked["id"]) == ["link_expired"]
    assert (await status_of(perdure, asked["id"]))["status"] == "pending"


def parsed(token: str) -> LinkToken:
    found = LinkToken.parse(token)
    assert found is not None
    return found


def changed(token: str, place: int) -> str:
    """The token with one bit turned."""
    raw = bytearray(base64.urlsafe_b64decode(token.removeprefix(MARK) + "=" * 4))
    raw[place] ^= 1
    return MARK + base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")


@pytest.mark.parametrize("place", [0, 15, 16, 31, 32, 63])
async def test_a_tampered_link_is_not_there(perdure: Perdure, sink: SmtpSink, place: int):
    _, asked, token = await linked(perdure, sink)
    answer = await confirm(perdure, changed(token, place), asked["digest"])
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    # Of a secret that is wrong the workspace hears; of a link or a workspace that never was nobody does.
    assert await refusals(perdure, asked["id"]) == (["not_found"] if place >= 32 else [])
    assert (await confirm(perdure, token, asked["digest"])).status_code == 200


@pytest.mark.parametrize("token", ["", "pdl_", "pdl_" + "A" * 86, "x" * 90, "pdl_" + "é" * 80, "pdl_" + "A" * 250])
async def test_what_is_no_link_is_not_there(perdure: Perdure, token: str):
    answer = await visitor(perdure).post("/v1/links/inspect", json={"token": token})
    assert answer.status_code in (404, 422)
    assert (await visitor(perdure).get(f"/link/{token or 'x'}")).status_code == 404


@pytest.mark.parametrize(
    "change", ["user_id = gen_random_uuid()", "digest = 'other'", "expires_at = expires_at + interval '1 day'"]
)
async def test_a_changed_row_fits_no_link(perdure: Perdure, sink: SmtpSink, change: str):
    _, asked, token = await linked(perdure, sink)
    async with perdure.database.tenant(perdure.workspace_id) as session:
        await session.execute(text(f"UPDATE approval_links SET {change}"))
    assert (await confirm(perdure, token, asked["digest"])).json()["code"] == "not_found"


async def test_a_changed_request_is_refused_and_shown_anew(perdure: Perdure, sink: SmtpSink):
    person, asked, token = await linked(perdure, sink)
    body = {"title": "Pay twice the invoice?", "why": "a mistake"}
    (await perdure.api.post(f"/v1/approvals/{asked['id']}/revise", json=body)).raise_for_status()
    again = await mail_to(sink, person.email, 2)
    assert again.mail["Subject"] == "Asked again: Pay twice the invoice?"
    assert "a mistake" in again.part("plain")
    form = {"token": token, "digest": asked["digest"], "decision": "approved", "reason": "my words"}
    async with visitor(perdure) as nobody:
        stale = await nobody.post("/link", data=form)
        looked = (await nobody.post("/v1/links/inspect", json={"token": token})).json()
    assert stale.status_code == 409
    assert "Pay twice the invoice?" in stale.text
    assert "my words" in stale.text
    assert looked["changed"] is True
    assert await refusals(perdure, asked["id"]) == ["stale_approval"]
    assert (await confirm(perdure, token, looked["approval"]["digest"])).status_code == 200


async def test_somebody_else_was_faster(perdure: Perdure, sink: SmtpSink):
    ada, ben = await someone(perdure), await someone(perdure)
    asked = await ask(perdure, ada, ben)
    first, second = [link_in(await mail_to(sink, one.email)) for one in (ada, ben)]
    assert (await confirm(perdure, first, asked["digest"], "rejected")).status_code == 200
    late = await confirm(perdure, second, asked["digest"])
    assert (late.json()["code"], late.json()["details"]["decided_by"]) == ("already_decided", ada.email)
    assert await refusals(perdure, asked["id"]) == ["already_decided"]


async def test_who_has_handed_the_request_on_may_not_answer(perdure: Perdure, sink: SmtpSink):
    ada, asked, token = await linked(perdure, sink)
    ben = await someone(perdure)
    async with signed_in(application(perdure), ada) as as_ada:
        answer = await as_ada.post(f"/v1/approvals/{asked['id']}/delegate", json={"to": str(ben.id)})
        assert answer.is_success, answer.text
    assert (await confirm(perdure, token, asked["digest"])).json()["code"] == "assignment_released"
    given = await mail_to(sink, ben.email)
    assert given.mail["Subject"] == "Given to you: Pay the invoice?"
    assert (await confirm(perdure, link_in(given), asked["digest"])).status_code == 200
    assert await refusals(perdure, asked["id"]) == ["assignment_released"]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DELETE FROM memberships WHERE user_id = '{user}'", "forbidden"),
        ("UPDATE memberships SET role = 'viewer' WHERE user_id = '{user}'", "forbidden"),
        ("UPDATE users SET disabled_at = now() WHERE id = '{user}'", "forbidden"),
        ("UPDATE workspaces SET second_factor_required = true WHERE id = '{workspace}'", "forbidden"),
        ("UPDATE approvals SET excluded = ARRAY['{user}'::uuid] WHERE id = '{approval}'", "self_approval"),
        ("DELETE FROM approval_assignees WHERE approval_id = '{approval}'", "not_assigned"),
    ],
)
async def test_who_may_not_answer_any_more(
    perdure: Perdure, sink: SmtpSink, database_url: str, statement: str, code: str
):
    person, asked, token = await linked(perdure, sink)
    connection = await asyncpg.connect(database_url)
    names = {"user": person.id, "workspace": perdure.workspace_id, "approval": asked["id"]}
    await connection.execute(statement.format(**names))
    await connection.close()
    answer = await confirm(perdure, token, asked["digest"])
    assert (answer.status_code, answer.json()["code"]) == (403, code)
    # Whoever has left, or would need a second factor, is not shown what is asked either.
    page = await visitor(perdure).get(f"/link/{token}")
    assert (page.status_code == 200, asked["title"] in page.text) == (code != "forbidden",) * 2
    assert await refusals(perdure, asked["id"]) == [code]
    assert (await status_of(perdure, asked["id"]))["status"] == "pending"


async def test_a_missing_reason_and_a_form_use_no_link_up(perdure: Perdure, sink: SmtpSink):
    form = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}
    _, asked, token = await linked(perdure, sink, form=form, reason="required")
    page = (await visitor(perdure).get(f"/link/{token}")).text
    assert 'value="rejected"' in page
    assert 'value="approved"' not in page
    assert f'<a class="button main" href="/inbox?request={asked["id"]}">' in page
    assert (await confirm(perdure, token, asked["digest"], reason="x")).json()["code"] == "invalid_form"
    refused = await visitor(perdure).post(
        "/link", data={"token": token, "digest": asked["digest"], "decision": "rejected"}
    )
    assert (refused.status_code, "reason" in refused.text) == (422, True)
    answer = await confirm(perdure, token, asked["digest"], reason="fine", data={"amount": 5})
    assert (answer.status_code, answer.json()["data"]) == (200, {"amount": 5})


async def test_other_forms_of_a_form_are_refused(perdure: Perdure):
    async with visitor(perdure) as nobody:
        assert (await nobody.post("/link", json={"token": "x"})).status_code == 415
        assert (await nobody.post("/link", data={"token": "x"})).status_code == 404
        assert (await nobody.post("/link", data={"token": "x" * 200_000})).status_code == 413
        wrong = await nobody.post("/link", data={"token": "pdl_x", "decision": "approved", "digest": "d"})
    assert (wrong.status_code, "not valid" in wrong.text) == (404, True)


async def test_where_a_second_factor_is_asked_for_mails_hold_no_link(perdure: Perdure, sink: SmtpSink):
    person = await someone(perdure, totp_confirmed_at=None)
    async with perdure.database.tenant(perdure.workspace_id) as session:
        await session.execute(update(Workspace).values(second_factor_required=True))
    asked = await ask(perdure, person)
    mail = await mail_to(sink, person.email)
    assert "/link/" not in mail.part("plain")
    assert f"/inbox?request={asked['id']}" in mail.part("plain")


async def test_who_is_not_shown_all_is_told_so(perdure: Perdure, sink: SmtpSink):
    person = await someone(perdure)
    await ask(perdure, person, body="x" * 60_000 + "and pay twice")
    page = (await visitor(perdure).get(f"/link/{link_in(await mail_to(sink, person.email))}")).text
    assert "and pay twice" not in page
    assert "There is more than fits here" in page
