"""Configuring how people come into a workspace from their company."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import FieldProblem, RequestError, not_found
from api.services import Services
from api.sign_on import login, models
from api.sign_on.discovery import checked_url
from db import audit
from db.audit import Actor
from db.tables import Group, GroupMapping, SignOnIdentity, SignOnProvider, Workspace
from engine.mail_settings import ReachSettings
from engine.secrets.purposes import SIGN_ON
from schemas.errors import ErrorCode, PerdureError
from schemas.roles import Role

_PLAIN = ("name", "issuer", "client_id", "scopes", "algorithms", "domains", "groups_claim")
_SWITCHES = ("trust_email", "create_accounts", "enabled")


async def get_sign_on(session: AsyncSession, workspace_id: UUID, reach: ReachSettings) -> models.SignOn:
    """All of it."""
    workspace = (await session.execute(select(Workspace).where(Workspace.id == workspace_id))).scalar_one()
    providers = await session.scalars(select(SignOnProvider).order_by(func.lower(SignOnProvider.name)))
    return models.SignOn(
        required=workspace.sign_on_required,
        default_role=Role(workspace.sign_on_role),
        redirect_uri=reach.url(login.CALLBACK),
        scim_url=reach.url("/scim/v2"),
        login_path=f"/login?workspace={workspace.slug}",
        providers=[await _described(session, one) for one in providers],
        mappings=await _mappings(session),
    )


async def update_sign_on(
    session: AsyncSession, actor: Actor, body: models.UpdateSignOn, reach: ReachSettings
) -> models.SignOn:
    """Change whether it is the only way in, and the role of whoever comes in.

    Raises:
        RequestError: `conflict` if there is no provider to come in by.
    """
    query = select(Workspace).where(Workspace.id == actor.workspace_id).execution_options(populate_existing=True)
    workspace = (await session.execute(query)).scalar_one()
    wanted = {
        "sign_on_required": workspace.sign_on_required if body.required is None else body.required,
        "sign_on_role": workspace.sign_on_role if body.default_role is None else body.default_role.value,
    }
    before = {name: getattr(workspace, name) for name in wanted}
    enabled = select(func.count()).select_from(SignOnProvider).where(SignOnProvider.enabled)
    if body.required and not await session.scalar(enabled):
        raise RequestError(ErrorCode.CONFLICT, "Set up a provider first; otherwise nobody but owners could come in.")
    if wanted != before:
        await session.execute(update(Workspace).where(Workspace.id == actor.workspace_id).values(**wanted))
        subject = ("workspace", actor.workspace_id)
        audit.record(session, actor, "workspace.updated", subject, before=before, after=wanted)
        await session.refresh(workspace)
    return await get_sign_on(session, actor.workspace_id, reach)


async def create_provider(services: Services, actor: Actor, body: models.ProviderBody) -> models.Provider:
    """Add a provider.

    Raises:
        PerdureError: `invalid_request` for an issuer that is no address; `conflict` for a name that is taken.
    """
    _check_issuer(body.issuer)
    row = SignOnProvider(id=uuid4(), workspace_id=actor.workspace_id, sealed=None)
    async with services.database.tenant(actor.workspace_id) as session:
        _assign(services, row, body)
        session.add(row)
        await _flush(session)
        await session.refresh(row, ["created_at", "updated_at"])
        audit.record(session, actor, "sign_on_provider.created", ("sign_on_provider", row.id), after=_audited(row))
        return await _described(session, row)


async def update_provider(
    services: Services, actor: Actor, provider_id: UUID, body: models.ProviderBody
) -> models.Provider:
    """Change a provider.

    Raises:
        PerdureError: `not_found`, `invalid_request`, `conflict`.
    """
    _check_issuer(body.issuer)
    async with services.database.tenant(actor.workspace_id) as session:
        row = await _locked(session, provider_id)
        before = _audited(row)
        if row.issuer != body.issuer:
            # Subjects are names that the issuer gives: those of another one are other people.
            await _forbid_if_used(session, row)
        _assign(services, row, body)
        row.updated_at = (await session.execute(select(func.clock_timestamp()))).scalar_one()
        await _flush(session)
        subject = ("sign_on_provider", row.id)
        audit.record(session, actor, "sign_on_provider.updated", subject, before=before, after=_audited(row))
        return await _described(session, row)


async def delete_provider(services: Services, actor: Actor, provider_id: UUID) -> None:
    """Remove a provider; whoever came in by it stays a member.

    Raises:
        RequestError: `not_found`.
    """
    async with services.database.tenant(actor.workspace_id) as session:
        row = await _locked(session, provider_id)
        await session.execute(delete(SignOnProvider).where(SignOnProvider.id == provider_id))
        subject = ("sign_on_provider", provider_id)
        audit.record(session, actor, "sign_on_provider.deleted", subject, before=_audited(row))


async def test_provider(services: Services, actor: Actor, provider_id: UUID) -> models.ProviderTest:
    """Ask a provider who it is, and look for what would keep people out.

    Raises:
        RequestError: `not_found`.
    """
    async with services.database.tenant(actor.workspace_id) as session:
        row = await _locked(session, provider_id)
        audit.record(session, actor, "sign_on_provider.tested", ("sign_on_provider", row.id))
    try:
        metadata = await services.sign_on.metadata(row.issuer, fresh=True)
        keys = await services.sign_on.keys(metadata, fresh=True)
    except PerdureError as failed:
        return models.ProviderTest(
            ok=False,
            problems=[str(failed)],
            authorization_endpoint=None,
            token_endpoint=None,
            keys=0,
            algorithms=[],
        )
    problems = []
    if not set(metadata.algorithms) & set(row.algorithms):
        signs = ", ".join(metadata.algorithms)
        problems.append(f"The provider signs with {signs}; allow one of these algorithms.")
    if metadata.scopes and (unknown := [one for one in row.scopes if one not in metadata.scopes]):
        problems.append(f"The provider does not name the scope {', '.join(unknown)}.")
    return models.ProviderTest(
        ok=not problems,
        problems=problems,
        authorization_endpoint=metadata.authorization_endpoint,
        token_endpoint=metadata.token_endpoint,
        keys=len(keys),
        algorithms=list(metadata.algorithms),
    )


async def replace_mappings(
    session: AsyncSession, actor: Actor, body: models.ReplaceMappings, reach: ReachSettings
) -> models.SignOn:
    """Replace all mappings. They hold from the next sign-in, and the next change in the directory, on.

    Raises:
        RequestError: `invalid_request` for a mapping that means nothing; `not_found` for a group that is not there.
    """
    for number, one in enumerate(body.mappings):
        if one.role is None and one.group_id is None:
            problem = FieldProblem(field=f"body.mappings.{number}", message="Give a role, a group or both.")
            raise RequestError(ErrorCode.INVALID_REQUEST, "A mapping means nothing.", errors=[problem])
    wanted = {one.group_id for one in body.mappings if one.group_id is not None}
    there = set(await session.scalars(select(Group.id).where(Group.id.in_(wanted))))
    if wanted - there:
        raise not_found("group", next(iter(wanted - there)))
    before = [one.model_dump(mode="json") for one in await _mappings(session)]
    await session.execute(delete(GroupMapping))
    for position, one in enumerate(body.mappings):
        values = {"external": one.external, "role": one.role, "group_id": one.group_id}
        session.add(GroupMapping(workspace_id=actor.workspace_id, position=position, **values))
    await session.flush()
    after = [one.model_dump(mode="json") for one in await _mappings(session)]
    if before != after:
        subject = ("workspace", actor.workspace_id)
        audit.record(session, actor, "group_mappings.replaced", subject, before=before, after=after)
    return await get_sign_on(session, actor.workspace_id, reach)


def _check_issuer(issuer: str) -> None:
    try:
        checked_url(issuer)
    except PerdureError:
        problem = FieldProblem(field="body.issuer", message="This is no address that begins with https://.")
        raise RequestError(ErrorCode.INVALID_REQUEST, "The issuer is no address.", errors=[problem]) from None


def _assign(services: Services, row: SignOnProvider, body: models.ProviderBody) -> None:
    for name in (*_PLAIN, *_SWITCHES):
        setattr(row, name, getattr(body, name))
    row.domains = list(dict.fromkeys(body.domains))
    if body.client_secret is not None:
        secret = body.client_secret.get_secret_value()
        row.sealed = services.encryption.encrypt(SIGN_ON, row.workspace_id, row.id, secret.encode()) if secret else None


async def _flush(session: AsyncSession) -> None:
    try:
        async with session.begin_nested():
            await session.flush()
    except IntegrityError:
        raise RequestError(ErrorCode.CONFLICT, "There is a provider with this name; choose another one.") from None


async def _locked(session: AsyncSession, provider_id: UUID) -> SignOnProvider:
    query = select(SignOnProvider).where(SignOnProvider.id == provider_id).with_for_update(key_share=True)
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise not_found("provider", provider_id)
    return row


async def _forbid_if_used(session: AsyncSession, row: SignOnProvider) -> None:
    if await _people(session, row):
        message = "People have signed in at this issuer; add another provider for another issuer."
        raise RequestError(ErrorCode.CONFLICT, message)


async def _people(session: AsyncSession, row: SignOnProvider) -> int:
    query = select(func.count()).select_from(SignOnIdentity).where(SignOnIdentity.provider_id == row.id)
    return (await session.execute(query)).scalar_one()


def _audited(row: SignOnProvider) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in (*_PLAIN, *_SWITCHES)}, "has_secret": row.sealed is not None}


async def _described(session: AsyncSession, row: SignOnProvider) -> models.Provider:
    shown = {**_audited(row), "created_at": row.created_at, "updated_at": row.updated_at, "id": row.id}
    return models.Provider(**shown, people=await _people(session, row))


async def _mappings(session: AsyncSession) -> list[models.GroupMapping]:
    query = (
        select(GroupMapping, Group.name)
        .outerjoin(Group, Group.id == GroupMapping.group_id)
        .order_by(GroupMapping.position)
        .execution_options(populate_existing=True)
    )
    return [
        models.GroupMapping(
            external=row.external,
            role=None if row.role is None else Role(row.role),
            group_id=row.group_id,
            group_name=name,
        )
        for row, name in await session.execute(query)
    ]
