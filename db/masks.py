"""What a workspace masks in its views, in what it tells others, and in logs."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import PrivacySettings
from schemas.masking import Mask, mask_of


async def view_mask(session: AsyncSession) -> Mask | None:
    """The mask of the views of the session's workspace, if it has one."""
    settings = await _settings(session)
    return mask_of(settings.kinds, settings.fields) if settings is not None and settings.mask_views else None


async def event_mask(session: AsyncSession) -> Mask | None:
    """The mask of what subscriptions of the session's workspace are told, if it has one."""
    settings = await _settings(session)
    return mask_of(settings.kinds, settings.fields) if settings is not None and settings.mask_events else None


async def letter_mask(session: AsyncSession) -> Mask | None:
    """The mask of mails and messages to people: who reads them there, nobody knows, so that either setting counts."""
    settings = await _settings(session)
    if settings is None or not (settings.mask_views or settings.mask_events):
        return None
    return mask_of(settings.kinds, settings.fields)


async def _settings(session: AsyncSession) -> PrivacySettings | None:
    return (await session.scalars(select(PrivacySettings))).one_or_none()
