"""Who may give and take which role."""

from collections.abc import Iterable
from uuid import UUID

from api.access.caller import Caller, CallerKind
from api.access.permissions import Permission
from api.errors import RequestError
from api.members.repository import Found
from db.tables import Membership
from schemas.errors import ErrorCode
from schemas.roles import Role


def check_gift(caller: Caller, role: Role) -> None:
    """Only owners make owners.

    Raises:
        RequestError: `forbidden`.
    """
    if role is Role.OWNER and not caller.may(Permission.WORKSPACE_OWN):
        raise _owners_only("make somebody an owner")


def check_reach(caller: Caller, present: Role) -> None:
    """Only owners change or remove owners.

    Raises:
        RequestError: `forbidden`.
    """
    if present is Role.OWNER and not caller.may(Permission.WORKSPACE_OWN):
        raise _owners_only("change or remove an owner")


def check_still(caller: Caller, present: Membership | None) -> None:
    """The caller has the role still that their request was let in with; it may have been taken away meanwhile.

    Args:
        caller: Who calls.
        present: Their membership, locked; of no meaning for keys and for the operator.

    Raises:
        RequestError: `forbidden`.
    """
    if caller.kind is CallerKind.USER and (present is None or present.role != caller.role):
        raise RequestError(ErrorCode.FORBIDDEN, "Your role was changed at this moment; try again.")


def check_owner_remains(locked: Iterable[Found], leaving: UUID) -> None:
    """A workspace never loses its last owner. Owners whose account is closed do not count.

    Args:
        locked: All owners, locked.
        leaving: Who is not an owner any more afterwards.

    Raises:
        RequestError: `conflict`.
    """
    others = (
        user
        for membership, user in locked
        if membership.role == Role.OWNER and membership.user_id != leaving and user.disabled_at is None
    )
    if next(others, None) is None:
        message = "This is the last owner of the workspace; make somebody else an owner first."
        raise RequestError(ErrorCode.CONFLICT, message)


def _owners_only(what: str) -> RequestError:
    needed = Permission.WORKSPACE_OWN
    message = f"Only an owner can {what}; this needs the permission {needed}."
    return RequestError(ErrorCode.FORBIDDEN, message, details={"permission": needed.value})
