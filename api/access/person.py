"""Parameter type of routes that only a signed-in person may call, not a program."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from api.access.caller import Caller, CallerKind, caller_of
from api.errors import RequestError
from schemas.errors import ErrorCode


@dataclass(frozen=True)
class Person:
    """A signed-in person and their session."""

    caller: Caller
    user_id: UUID
    session_id: UUID

    @property
    def confined_to(self) -> UUID | None:
        """The workspace whose provider has begun the session; nothing if the person has signed in themselves."""
        return self.caller.workspace_id if self.caller.confined else None


def person_of(caller: Caller) -> Person:
    """The person who calls.

    Raises:
        RequestError: `forbidden` for keys and for the operator's token.
    """
    if caller.kind is not CallerKind.USER or caller.id is None or caller.session_id is None:
        raise RequestError(ErrorCode.FORBIDDEN, "This is about an account; sign in as a person to use it.")
    return Person(caller, caller.id, caller.session_id)


async def _person(request: Request) -> Person:
    return person_of(caller_of(request.scope))


CurrentPerson = Annotated[Person, Depends(_person)]
"""Parameter type of a route: the person who is signed in."""
