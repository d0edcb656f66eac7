"""Links: looking at one changes nothing, confirming decides once and as the person whom the link is for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller, CallerKind
from api.access.permissions import GRANTS, Permission
from api.approvals import models as approvals
from api.approvals.describing import REFUSALS, describe
from api.approvals.service import decide_approval, find
from api.identity.client import Client
from api.links.models import ConfirmLink, LinkedRequest
from api.privacy.masking import DATA
from api.services import Services
from db import audit
from db.audit import Actor
from db.masks import view_mask
from db.notifications import links
from db.notifications.links import LinkToken
from db.session import Database
from db.tables import ApprovalLink, Membership, User, Workspace
from schemas.errors import ErrorCode, PerdureError
from schemas.roles import Role

_AUDITED: Final = REFUSALS | {ErrorCode.FORBIDDEN}


async def inspect(services: Services, token: str) -> LinkedRequest:
    """What a link is about; changes nothing.

    Raises:
        PerdureError: `not_found`, `link_used`, `link_expired`, `forbidden`.
    """
    parsed = _parsed(token)
    async with services.database.tenant(parsed.workspace_id) as session:
        link = await links.read(session, parsed)
        await links.check(session, link)
        who = await _person(session, link)
        who.check()
        approval = await find(session, link.approval_id)
        shown = await _as_seen(session, who.role, describe(approval))
        name = await session.scalar(select(Workspace.name).where(Workspace.id == link.workspace_id))
        return LinkedRequest(
            approval=shown,
            person=who.name,
            workspace=str(name),
            changed=approval.digest != link.digest,
            expires_at=link.expires_at,
        )


async def confirm(services: Services, client: Client, body: ConfirmLink) -> approvals.Approval:
    """Decide as the person whom the link is for. Of two confirmations at once one counts.

    Raises:
        PerdureError: `not_found`, `link_used`, `link_expired`, `forbidden`, and as `decide_approval`; after any but
            `link_used` the link may be used again.
    """
    parsed = _parsed(body.token)
    async with (
        _refusals_audited(services.database, parsed, client) as seen,
        services.database.tenant(parsed.workspace_id) as session,
    ):
        link = await links.read(session, parsed, lock=True)
        who = await _person(session, link)
        caller = who.as_caller(client)
        seen.actor = caller.actor
        await links.check(session, link)
        who.check()
        answer = approvals.DecideApproval(
            decision=body.decision, digest=body.digest, data=body.data, reason=body.reason
        )
        decided = await decide_approval(session, caller, link.approval_id, answer)
        link.used_at = func.clock_timestamp()
        subject, after = ("approval", link.approval_id), {"link_id": str(link.id), "decision": body.decision}
        audit.record(session, caller.actor, "approval_link.used", subject, after=after)
        return await _as_seen(session, who.role, decided)


async def _as_seen(session: AsyncSession, role: Role | None, shown: approvals.Approval) -> approvals.Approval:
    """The request as the person may see it: without personal data, if the workspace masks them for their role."""
    if role is not None and Permission.PERSONAL_READ in GRANTS[role]:
        return shown
    mask = await view_mask(session)
    if mask is None:
        return shown
    data = DATA & type(shown).model_fields.keys()
    masked = {name: mask.value({name: getattr(shown, name)})[name] for name in data}
    # How the payload is shown stays a list, whatever the workspace calls its fields.
    return shown.model_copy(update={**masked, "show": mask.value(shown.show)})


@dataclass
class _Seen:
    """Who tries, as far as that is known when it is refused."""

    actor: Actor


@dataclass(frozen=True)
class _Person:
    """Whom a link is for, as they stand now."""

    user_id: UUID
    workspace_id: UUID
    name: str
    role: Role | None
    second_factor_required: bool

    def as_caller(self, client: Client) -> Caller:
        """The person as if they were signed in."""
        role = self.role or Role.VIEWER
        return Caller(
            workspace_id=self.workspace_id,
            kind=CallerKind.USER,
            id=self.user_id,
            name=self.name,
            role=role,
            permissions=GRANTS[role],
            address=client.address,
            request_id=client.request_id,
        )

    def check(self) -> None:
        """Refuse who may not decide any more.

        Raises:
            PerdureError: `forbidden`.
        """
        if self.role is None:
            raise PerdureError(ErrorCode.FORBIDDEN, "The person whom this link is for is not a member any more.")
        if Permission.APPROVALS_DECIDE not in GRANTS[self.role]:
            raise PerdureError(ErrorCode.FORBIDDEN, f"The role {self.role} does not decide.")
        if self.second_factor_required:
            message = "This workspace asks for a second factor, so a link is not enough; sign in to answer."
            raise PerdureError(ErrorCode.FORBIDDEN, message)


def _parsed(token: str) -> LinkToken:
    parsed = LinkToken.parse(token)
    if parsed is None:
        raise links.no_link()
    return parsed


async def _person(session: AsyncSession, link: ApprovalLink) -> _Person:
    query = (
        select(User.email, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(User.id == link.user_id, User.disabled_at.is_(None))
    )
    found = (await session.execute(query)).one_or_none()
    strict = await session.scalar(select(Workspace.second_factor_required).where(Workspace.id == link.workspace_id))
    return _Person(
        user_id=link.user_id,
        workspace_id=link.workspace_id,
        name="a former member" if found is None else found.email,
        role=None if found is None else Role(found.role),
        second_factor_required=bool(strict),
    )


@asynccontextmanager
async def _refusals_audited(database: Database, token: LinkToken, client: Client) -> AsyncIterator[_Seen]:
    """Writes a refusal into the audit log, also of a link that was changed; not of one that never was."""
    nobody = Actor(token.workspace_id, "system", None, "link", client.address, client.request_id)
    seen = _Seen(nobody)
    try:
        yield seen
    except PerdureError as refusal:
        if refusal.code in _AUDITED:
            async with database.tenant(token.workspace_id) as session:
                link = await session.scalar(select(ApprovalLink).where(ApprovalLink.id == token.link_id))
                if link is not None:
                    after = {"wanted": "decide by link", "code": refusal.code.value, "link_id": str(link.id)}
                    audit.record(session, seen.actor, "approval.refused", ("approval", link.approval_id), after=after)
        raise
