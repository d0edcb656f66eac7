"""Links with which one person may answer one request once.

`pdl_<workspace><link><secret>`, in base64. The row holds no secret, but the signature under it of everything that the
link is for: neither the link nor the row alone is worth anything, and one that was changed fits nothing.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Approval, ApprovalLink
from schemas.errors import ErrorCode, PerdureError

MARK: Final = "pdl_"
_SECRET_BYTES: Final = 32
_BYTES: Final = 16 + 16 + _SECRET_BYTES


@dataclass(frozen=True)
class LinkToken:
    """What stands in a link."""

    workspace_id: UUID
    link_id: UUID
    secret: bytes

    @classmethod
    def parse(cls, text: str) -> "LinkToken | None":
        """The parts of a token; nothing if it is none."""
        if not text.startswith(MARK):
            return None
        body = text.removeprefix(MARK)
        try:
            raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            return None
        if len(raw) != _BYTES:
            return None
        found = cls(UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), raw[32:])
        # base64 has several spellings of the same bytes; only ours counts.
        return found if found.text == text else None

    @property
    def text(self) -> str:
        """As it stands in the link."""
        raw = self.workspace_id.bytes + self.link_id.bytes + self.secret
        return MARK + base64.urlsafe_b64encode(raw).decode().rstrip("=")


async def issue(session: AsyncSession, approval: Approval, user_id: UUID, lasts: timedelta) -> str:
    """A link for one person to one request as it stands.

    Args:
        session: The transaction.
        approval: The request.
        user_id: Who may use it.
        lasts: For how long.

    Returns:
        Its token, which stands nowhere else.
    """
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    token = LinkToken(approval.workspace_id, uuid4(), secrets.token_bytes(_SECRET_BYTES))
    link = ApprovalLink(
        id=token.link_id,
        workspace_id=approval.workspace_id,
        approval_id=approval.id,
        user_id=user_id,
        digest=approval.digest,
        expires_at=now + lasts,
    )
    link.seal = _seal(token, link)
    session.add(link)
    await session.flush()
    return token.text


async def read(session: AsyncSession, token: LinkToken, *, lock: bool = False) -> ApprovalLink:
    """The row of a link, whatever became of it.

    Args:
        session: A transaction in the link's workspace.
        token: What stands in the link.
        lock: Whether nobody else may use it until the transaction ends.

    Raises:
        PerdureError: `not_found` if there is no such link, or something about it was changed.
    """
    query = select(ApprovalLink).where(ApprovalLink.id == token.link_id)
    link = await session.scalar(query.with_for_update() if lock else query)
    if link is None or not hmac.compare_digest(link.seal, _seal(token, link)):
        raise no_link()
    return link


async def check(session: AsyncSession, link: ApprovalLink) -> None:
    """Refuse a link that has been used or is too old.

    Raises:
        PerdureError: `link_used`, `link_expired`.
    """
    if link.used_at is not None:
        raise PerdureError(ErrorCode.LINK_USED, "This link was used already; each works once. Sign in to see more.")
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    if link.expires_at <= now:
        raise PerdureError(ErrorCode.LINK_EXPIRED, "This link has expired; sign in to answer the request.")


def no_link() -> PerdureError:
    """The answer to a link that nobody has given out."""
    return PerdureError(ErrorCode.NOT_FOUND, "There is no such link. Check that all of it was copied, or sign in.")


def _seal(token: LinkToken, link: ApprovalLink) -> bytes:
    """The signature of what a link is for."""
    facts = (
        "perdure/link/1",
        str(link.workspace_id),
        str(link.id),
        str(link.approval_id),
        str(link.user_id),
        link.digest,
        str(int(link.expires_at.timestamp() * 1_000_000)),
    )
    return hmac.new(token.secret, "\n".join(facts).encode(), hashlib.sha256).digest()
