"""The caller of a request: who, in which workspace, with which permissions."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from starlette.types import Scope

from api.access.permissions import OPERATIONS, Open, Permission
from api.errors import RequestError
from db.audit import Actor
from schemas.errors import ErrorCode
from schemas.roles import Role


class CallerKind(StrEnum):
    """What proved who the caller is."""

    USER = "user"
    """An access token of a signed-in person."""
    KEY = "key"
    """An API key."""
    OPERATOR = "operator"
    """The token from the environment of the process."""


@dataclass(frozen=True)
class Caller:
    """Somebody whose credential was checked; `api.gate` puts it into the scope of the request."""

    workspace_id: UUID
    kind: CallerKind
    id: UUID | None
    """User or key; nothing for the operator's token."""
    name: str
    """As the audit log and decisions show it: e-mail address, name of the key, or `operator`."""
    role: Role
    permissions: frozenset[Permission]
    session_id: UUID | None = None
    """Session of a signed-in person."""
    confined: bool = False
    """The session was begun at a provider of the workspace: it counts here only, and changes nothing of the account."""
    lacks_second_factor: bool = False
    """The workspace asks for a second factor: without it one may only set it up."""
    address: str = ""
    request_id: str = ""

    @property
    def actor(self) -> Actor:
        """The caller as the audit log names it."""
        return Actor(
            workspace_id=self.workspace_id,
            kind=self.kind,
            id=self.id,
            name=self.name,
            address=self.address,
            request_id=self.request_id,
        )

    def may(self, permission: Permission) -> bool:
        """Whether the caller has a permission."""
        return permission in self.permissions


def caller_of(scope: Scope) -> Caller:
    """The caller of a request that needs one.

    Raises:
        RequestError: `unauthenticated`.
    """
    caller = scope.get("caller")
    if not isinstance(caller, Caller):
        raise RequestError(ErrorCode.UNAUTHENTICATED, "Send the header 'Authorization: Bearer <token>'.")
    return caller


def authorize(scope: Scope, operation: str) -> None:
    """Let a request pass, or not, by the permission matrix.

    Raises:
        RequestError: `unauthenticated`, `forbidden`.
    """
    needed = OPERATIONS[operation]
    if needed is Open.ANYBODY:
        return
    caller = caller_of(scope)
    if needed is Open.OWN_ACCOUNT and caller.confined:
        message = "You have signed in at your company's provider; this is about the account itself. Use its password."
        raise RequestError(ErrorCode.FORBIDDEN, message)
    if isinstance(needed, Permission) and not caller.may(needed):
        if caller.lacks_second_factor:
            raise _second_factor_first(caller)
        message = f"This needs the permission {needed}, which {_described(caller)} does not have."
        raise RequestError(ErrorCode.FORBIDDEN, message, details={"permission": needed.value})


def _second_factor_first(caller: Caller) -> RequestError:
    who = "whoever made this key must" if caller.kind is CallerKind.KEY else "you must"
    message = f"The workspace asks for a second factor; {who} set it up first (POST /v1/me/second-factor/begin)."
    return RequestError(ErrorCode.FORBIDDEN, message, details={"second_factor_required": True})


def _described(caller: Caller) -> str:
    return f"the API key {caller.name!r}" if caller.kind is CallerKind.KEY else f"the role {caller.role}"


# A coroutine, although it waits for nothing: FastAPI would run a plain function in a thread, for half a millisecond.


async def _caller(request: Request) -> Caller:
    return caller_of(request.scope)


CurrentCaller = Annotated[Caller, Depends(_caller)]
"""Parameter type of a route that needs to know who calls."""


async def _workspace(request: Request) -> UUID:
    return caller_of(request.scope).workspace_id


CurrentWorkspace = Annotated[UUID, Depends(_workspace)]
"""Parameter type of a route: the workspace in which the caller acts."""
