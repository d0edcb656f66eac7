"""Finding the conversation that a request names, and refusing what cannot be done to it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.access.permissions import Permission
from api.chat import repository
from api.chat.repository import Found, StoredMessage
from api.chat.views import is_owner
from api.errors import RequestError, not_found
from db.tables import ChatSession
from schemas.errors import ErrorCode


async def require_session(session: AsyncSession, session_id: UUID) -> Found:
    """A conversation to be read.

    Raises:
        RequestError: `not_found`.
    """
    found = await repository.find_session(session, session_id)
    if found is None:
        raise not_found("chat session", session_id)
    return found


async def lock_session(session: AsyncSession, caller: Caller, session_id: UUID) -> Found:
    """A conversation to be changed by its owner or whoever manages the workspace, locked until the transaction ends.

    Raises:
        RequestError: `not_found`, `forbidden`.
    """
    found = await lock_any_session(session, session_id)
    if not is_owner(caller, found[0]) and not caller.may(Permission.WORKSPACE_MANAGE):
        message = "This conversation is somebody else's; begin one of your own."
        raise RequestError(ErrorCode.FORBIDDEN, message, details={"owner": found[0].owner_name})
    return found


async def lock_any_session(session: AsyncSession, session_id: UUID) -> Found:
    """The same for a change that is not the owner's alone.

    Raises:
        RequestError: `not_found`.
    """
    found = await repository.find_session(session, session_id, lock=True)
    if found is None:
        raise not_found("chat session", session_id)
    return found


async def require_message(session: AsyncSession, session_id: UUID, message_id: UUID) -> StoredMessage:
    """A message of a conversation.

    Raises:
        RequestError: `not_found`.
    """
    found = await repository.find_message(session, session_id, message_id)
    if found is None:
        raise not_found("chat message", message_id)
    return found


async def refuse_busy(session: AsyncSession, row: ChatSession) -> None:
    """Refuse to begin an answer while another one is under way.

    Raises:
        RequestError: `conflict`.
    """
    answering = await repository.running(session, row.id)
    if answering is not None:
        message = "The agent is still answering; wait for it, steer its run, or cancel it."
        raise RequestError(ErrorCode.CONFLICT, message, details={"run_id": str(answering.message.run_id)})
