"""Making, changing, deleting credentials; who uses them."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.credentials import repository, sources
from api.credentials.answers import described, hint_of
from api.credentials.fields import checked_public, checked_secret, known_type
from api.credentials.models import CreateCredential, CredentialPage, UpdateCredential
from api.credentials.models import Credential as CredentialAnswer
from api.credentials.usage import refuse_while_used
from api.errors import FieldProblem, RequestError, not_found
from api.requests import decode_cursor, encode_cursor
from db import audit
from db.tables import Credential
from engine.secrets import Encryption
from engine.secrets.purposes import CREDENTIAL
from schemas.errors import ErrorCode

_AUDITED: Final = ("name", "type", "description", "public", "fields", "source", "workflows", "hosts")


async def create_credential(
    session: AsyncSession, caller: Caller, encryption: Encryption, body: CreateCredential
) -> CredentialAnswer:
    """Store a credential.

    Raises:
        RequestError: `invalid_request` with every wrong field, `conflict` if the name is taken.
    """
    kind = known_type(body.type)
    _refuse_id_as_name(body.name)
    public = checked_public(kind, body.public)
    kept = await sources.kept_elsewhere(session, kind, body.secret, body.source)
    secret = checked_secret(kind, body.secret or {}) if kept is None else {}
    identity = uuid4()
    credential = await repository.insert_credential(
        session,
        id=identity,
        workspace_id=caller.workspace_id,
        name=body.name,
        type=kind.name,
        description=body.description,
        public=public,
        sealed=sealed(encryption, caller.workspace_id, identity, secret),
        fields=sorted(secret) if kept is None else kept.fields,
        hint=hint_of(kind, secret),
        store_id=None if kept is None else kept.store_id,
        source=None if kept is None else kept.source,
        workflows=body.workflows,
        hosts=body.hosts,
        created_by=caller.name,
        updated_by=caller.name,
    )
    if credential is None:
        raise _taken(body.name)
    audit.record(session, caller.actor, "credential.created", ("credential", identity), after=_audited(credential))
    return described(credential)


async def get_credential(session: AsyncSession, reference: str) -> CredentialAnswer:
    """A credential by name or id.

    Raises:
        RequestError: `not_found`.
    """
    return described(await require_credential(session, reference))


async def list_credentials(
    session: AsyncSession, type_name: str | None, cursor: str | None, limit: int
) -> CredentialPage:
    """A page of credentials."""
    after = decode_cursor(cursor, 1)[0] if cursor is not None else None
    found = await repository.list_credentials(session, type_name=type_name, after=after, limit=limit + 1)
    items = [described(one) for one in found[:limit]]
    more = encode_cursor(items[-1].name) if len(found) > limit else None
    return CredentialPage(items=items, next_cursor=more)


async def update_credential(
    session: AsyncSession,
    caller: Caller,
    encryption: Encryption,
    reference: str,
    body: UpdateCredential,
    *,
    force: bool,
) -> CredentialAnswer:
    """Change what the body names.

    Raises:
        RequestError: `not_found`, `invalid_request`, `conflict` if the new name is taken, or the old one is in use and
            `force` is not given.
    """
    credential = await require_credential(session, reference, lock=True)
    given, before = body.model_fields_set, _audited(credential)
    _refuse_new_destination(credential, body, given)
    if body.name is not None and body.name != credential.name:
        await _rename(session, credential, body.name, force=force)
    kind = known_type(credential.type)
    if body.description is not None:
        credential.description = body.description
    if body.public is not None:
        credential.public = checked_public(kind, body.public)
    for field in ("workflows", "hosts"):
        if field in given:
            setattr(credential, field, getattr(body, field))
    if body.secret is not None:
        secret = checked_secret(kind, body.secret)
        credential.sealed = sealed(encryption, credential.workspace_id, credential.id, secret)
        credential.fields = sorted(secret)
        credential.hint, credential.value_changed_at = hint_of(kind, secret), func.clock_timestamp()
        credential.store_id, credential.source = None, None
    if body.source is not None:
        await sources.move(session, credential, kind, body.source)
    credential.updated_at, credential.updated_by = func.clock_timestamp(), caller.name
    await session.flush()
    await session.refresh(credential, ["updated_at", "value_changed_at"])
    after = _audited(credential) | ({"value": "replaced"} if body.secret is not None else {})
    audit.record(session, caller.actor, "credential.updated", ("credential", credential.id), before=before, after=after)
    return described(credential)


async def delete_credential(session: AsyncSession, caller: Caller, reference: str, *, force: bool) -> None:
    """Delete a credential with its value.

    Raises:
        RequestError: `not_found`, `conflict` if workflows use it and `force` is not given, or a connection does.
    """
    credential = await require_credential(session, reference, lock=True)
    await sources.refuse_while_connected(session, credential)
    if not force:
        await refuse_while_used(session, credential, "deleted")
    before = _audited(credential)
    await session.delete(credential)
    audit.record(session, caller.actor, "credential.deleted", ("credential", credential.id), before=before)


async def require_credential(session: AsyncSession, reference: str, *, lock: bool = False) -> Credential:
    """A credential by name or id; one of another workspace is not there.

    Raises:
        RequestError: `not_found`.
    """
    credential = await repository.find_credential(session, reference, lock=lock)
    if credential is None:
        raise not_found("credential", reference)
    return credential


def sealed(encryption: Encryption, workspace_id: UUID, identity: UUID, secret: Mapping[str, Any]) -> bytes:
    """The encrypted form of secret fields."""
    return encryption.encrypt(CREDENTIAL, workspace_id, identity, orjson.dumps(secret))


async def _rename(session: AsyncSession, credential: Credential, name: str, *, force: bool) -> None:
    _refuse_id_as_name(name)
    if not force:
        await refuse_while_used(session, credential, "renamed")
    if not await repository.rename(session, credential, name):
        raise _taken(name)


def _refuse_new_destination(credential: Credential, body: UpdateCredential, given: set[str]) -> None:
    """Whoever does not know the value may not send it elsewhere."""
    if body.secret is not None:
        if body.source is not None:
            raise RequestError(ErrorCode.INVALID_REQUEST, "Give either `secret` or `source`, not both.")
        return
    if body.source is not None:
        return
    wider = "hosts" in given and not _narrower(body.hosts, credential.hosts)
    moved = body.public is not None and body.public != credential.public
    for field, changed in (("hosts", wider), ("public", moved)):
        if changed:
            message = f"`{field}` says where the value goes; to change it, enter the value again as `secret`."
            problem = FieldProblem(field=f"body.{field}", message=message)
            raise RequestError(ErrorCode.INVALID_REQUEST, message, errors=[problem])


def _narrower(hosts: list[str] | None, than: list[str] | None) -> bool:
    return than is None or (hosts is not None and set(hosts) <= set(than))


def _refuse_id_as_name(name: str) -> None:
    try:
        UUID(name)
    except ValueError:
        return
    problem = FieldProblem(field="body.name", message="A name that looks like an id could be taken for one.")
    raise RequestError(ErrorCode.INVALID_REQUEST, "Give the credential a name that is no id.", errors=[problem])


def _taken(name: str) -> RequestError:
    return RequestError(ErrorCode.CONFLICT, f"There is a credential named {name!r} already; choose another name.")


def _audited(credential: Credential) -> dict[str, Any]:
    return {name: getattr(credential, name) for name in _AUDITED}
