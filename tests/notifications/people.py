"""Asking people, and reading what they are sent."""

import re
from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select

from api.app import create_app
from api.settings import ApiSettings
from db.tables import NotificationMessage
from schemas.roles import Role
from tests.support.people import Member, new_member, signed_in
from tests.support.perdure import Perdure
from tests.support.polling import eventually
from tests.support.smtp_sink import Delivered, SmtpSink


async def someone(perdure: Perdure, role: Role = Role.OPERATOR, **columns: Any) -> Member:
    """A member of the workspace."""
    return await new_member(perdure.database, perdure.workspace_id, role, **columns)


def application(perdure: Perdure) -> FastAPI:
    """The API of the workspace."""
    return create_app(ApiSettings(token=SecretStr("another")), perdure.services)


async def wants(perdure: Perdure, person: Member, **preferences: Any) -> None:
    """Let somebody choose what they hear of."""
    async with signed_in(application(perdure), person) as client:
        answer = await client.put("/v1/me/notifications", json=preferences)
        assert answer.is_success, answer.text


async def ask(perdure: Perdure, *people: Member, **config: Any) -> dict[str, Any]:
    """A run that asks these people; gives the request."""
    settings = {"title": "Pay the invoice?", "assignees": {"users": [one.email for one in people]}, **config}
    if not people:
        settings.pop("assignees")
    node = {"id": "ask", "kind": "approval", "with": settings}
    return await perdure.approval(await perdure.start(await perdure.publish([node])))


async def decide_as(perdure: Perdure, person: Member, asked: dict[str, Any]) -> None:
    """Let somebody approve."""
    async with signed_in(application(perdure), person) as client:
        body = {"decision": "approved", "digest": asked["digest"]}
        answer = await client.post(f"/v1/approvals/{asked['id']}/decide", json=body)
        assert answer.is_success, answer.text


async def mail_to(sink: SmtpSink, address: str, count: int = 1) -> Delivered:
    """The newest of so many mails to somebody."""

    async def look() -> bool:
        return len(sink.to(address)) >= count

    await eventually(look, seconds=90)
    return sink.to(address)[-1]


def link_in(mail: Delivered) -> str:
    """The token of the first link of a mail."""
    found = re.search(r"/link/(pdl_[A-Za-z0-9_-]+)", mail.part("plain"))
    assert found is not None, mail.part("plain")
    return found.group(1)


async def messages(perdure: Perdure, **columns: Any) -> list[NotificationMessage]:
    """Messages of the workspace."""
    async with perdure.database.tenant(perdure.workspace_id) as session:
        query = select(NotificationMessage).filter_by(**columns).order_by(NotificationMessage.created_at)
        return list(await session.scalars(query))


async def message(perdure: Perdure, status: str, **columns: Any) -> NotificationMessage:
    """Waits for a message with a status."""

    async def look() -> NotificationMessage | None:
        return next(iter(await messages(perdure, status=status, **columns)), None)

    found = await eventually(look, seconds=90)
    assert found is not None
    return found
