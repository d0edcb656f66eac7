"""From the credential of a request to its caller."""

import hmac
from typing import Final

from starlette.types import Scope

from api.access.caller import Caller, CallerKind
from api.access.opaque_tokens import KEY_MARK, KeyToken, digest
from api.access.permissions import GRANTS
from api.access.tokens import AccessToken
from api.services import Services
from db.faults import is_outage
from schemas.roles import Role

_SCHEME: Final = b"bearer "


class Authenticator:
    """Checks the credentials of requests.

    Args:
        services: Where accounts and keys are kept.
        operator_token: Token from the environment, which may do everything in the default workspace; empty for none.
    """

    def __init__(self, services: Services, operator_token: str) -> None:
        self._services = services
        self._operator_token = operator_token.encode()

    async def __call__(self, scope: Scope) -> Caller | None:
        """The caller; nothing if there is no credential or a wrong one, since both are answered alike."""
        given = _bearer(scope)
        if given is None:
            return None
        # compare_digest: the time of the comparison must not tell how much of a guess was right.
        if self._operator_token and hmac.compare_digest(given, self._operator_token):
            return self._operator(scope)
        if given.startswith(KEY_MARK):
            return await self._key(scope, given)
        return await self._person(scope, given)

    async def still_known(self, scope: Scope, caller: Caller) -> bool:
        """Whether a caller who was let in a while ago would be let in again, with all that they might do then.

        An access token that has expired meanwhile does not matter: it is the session that counts.
        """
        try:
            again = await (self._person_again(scope, caller) if caller.kind is CallerKind.USER else self(scope))
        except Exception as error:
            if is_outage(error):
                return False
            raise
        return again is not None and again.permissions >= caller.permissions

    def _operator(self, scope: Scope) -> Caller:
        return Caller(
            workspace_id=self._services.workspace_id,
            kind=CallerKind.OPERATOR,
            id=None,
            name="operator",
            role=Role.OWNER,
            permissions=GRANTS[Role.OWNER],
            address=client_address(scope),
            request_id=scope["request_id"],
        )

    async def _key(self, scope: Scope, given: bytes) -> Caller | None:
        token = KeyToken.parse(given)
        if token is None:
            return None
        owner = await self._services.directory.key(token.prefix, digest(token.secret))
        if owner is None or not owner.counts:
            return None
        return Caller(
            workspace_id=owner.workspace_id,
            kind=CallerKind.KEY,
            id=owner.key_id,
            name=owner.name,
            role=owner.role,
            permissions=frozenset() if owner.lacks_second_factor else owner.permissions,
            lacks_second_factor=owner.lacks_second_factor,
            address=client_address(scope),
            request_id=scope["request_id"],
        )

    async def _person(self, scope: Scope, given: bytes) -> Caller | None:
        token = self._services.tokens.read_access(given)
        return None if token is None else await self._owner_of(scope, token)

    async def _person_again(self, scope: Scope, caller: Caller) -> Caller | None:
        if caller.id is None or caller.session_id is None:
            return None
        return await self._owner_of(scope, AccessToken(caller.id, caller.session_id, caller.workspace_id))

    async def _owner_of(self, scope: Scope, token: AccessToken) -> Caller | None:
        owner = await self._services.directory.session(token.session_id, token.workspace_id)
        if owner is None or not owner.counts or owner.user_id != token.user_id:
            return None
        return Caller(
            workspace_id=token.workspace_id,
            kind=CallerKind.USER,
            id=owner.user_id,
            name=owner.email,
            role=owner.role,
            permissions=frozenset() if owner.lacks_second_factor else GRANTS[owner.role],
            lacks_second_factor=owner.lacks_second_factor,
            session_id=token.session_id,
            confined=owner.confined,
            address=client_address(scope),
            request_id=scope["request_id"],
        )


def client_address(scope: Scope) -> str:
    """Address of the peer. Headers that name another one are not believed; uvicorn applies those of trusted proxies."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _bearer(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            return bytes(value[len(_SCHEME) :]) if value[: len(_SCHEME)].lower() == _SCHEME else None
    return None
