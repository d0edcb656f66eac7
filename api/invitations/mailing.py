"""Sends invitations by mail. The link is sealed until it is sent: whoever reads the database cannot use it.

Where the installation has a mail server, the mail alone has the link: whoever invites could else accept in the name
of the other. Without one the link is shown, and accepting it says nothing about the address (docs/sign-on.md).
"""

import json
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.invitations.models import SentInvitation
from api.invitations.proof import mailed_token
from api.invitations.service import Issued, describe, path_of
from api.services import Services
from db.tables import Invitation, NotificationMessage, Workspace
from engine.secrets import Encryption
from engine.secrets.purposes import MESSAGE
from schemas.notifications import EMAIL, INVITATION

_SUBJECT: Final = "invitation_id"


async def send(session: AsyncSession, services: Services, caller: Caller, issued: Issued) -> SentInvitation:
    """Let an invitation be mailed once the transaction commits; what was not sent before is not sent any more.

    Without keys to seal the link, or a mail server of the installation, the answer holds it. A mail server of the
    workspace gets it too, but without the proof: whoever runs the workspace may read what passes there.
    """
    row, shown = issued.row, describe(issued.row).model_dump()
    await withdraw_mail(session, row.id)
    mailed = services.reach.mails and services.encryption.configured
    if services.encryption.configured:
        token = issued.token
        if mailed:
            token = mailed_token(services.encryption, row.workspace_id, row.id, token)
        session.add(await _message(session, services.encryption, caller, row, token, verifies=mailed))
    if mailed:
        return SentInvitation(**shown, mailed=True, token=None, path=None)
    return SentInvitation(**shown, mailed=False, token=issued.token, path=path_of(issued.token))


async def _message(
    session: AsyncSession, encryption: Encryption, caller: Caller, row: Invitation, token: str, *, verifies: bool
) -> NotificationMessage:
    identity, workspace = uuid4(), await session.scalar(select(Workspace.name).limit(1))
    secret = json.dumps({"path": path_of(token)}).encode()
    return NotificationMessage(
        id=identity,
        workspace_id=row.workspace_id,
        event=INVITATION,
        kind=EMAIL,
        address=row.email,
        facts={
            _SUBJECT: str(row.id),
            "by": caller.name,
            "workspace": workspace,
            "role": row.role,
            "expires": f"{row.expires_at:%-d %b %Y, %H:%M} UTC",
            "verifies": verifies,
        },
        sealed=encryption.encrypt(MESSAGE, row.workspace_id, identity, secret),
        key=f"invitation:{identity}",
    )


async def withdraw_mail(session: AsyncSession, invitation_id: UUID) -> None:
    """Do not send a link that does not work any more."""
    waiting = update(NotificationMessage).where(
        NotificationMessage.event == INVITATION,
        NotificationMessage.facts[_SUBJECT].astext == str(invitation_id),
        NotificationMessage.status == "pending",
    )
    why = "The invitation was revoked or sent again."
    await session.execute(waiting.values(status="skipped", error=why, sealed=None))
