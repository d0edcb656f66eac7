"""Making, changing and showing hooks, and letting in once more what came in before."""

from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.access.permissions import Permission
from api.errors import RequestError, not_found
from api.hooks import models, repository
from api.hooks.secrets import HookSecrets, chosen_secret, read_secrets, write_secrets
from api.requests import decode_moment_cursor, encode_cursor
from api.services import Services
from db import audit
from db.audit import Actor
from db.hook_keys import HookKey
from db.masks import view_mask
from db.tables import Hook, HookDelivery
from engine.hook_runs import accept_again, known_of, mapped
from engine.hook_signatures import default_delivery_id
from engine.secrets import Encryption
from schemas.errors import ErrorCode, PerdureError
from schemas.hooks import HookKind, HookSettings, Signature
from schemas.trigger_mapping import compile_condition

MAX_HOOKS: Final = 1_000
"""In a workspace."""


async def create(services: Services, actor: Actor, body: models.CreateHook) -> models.HookWithSecret:
    """Make a hook.

    Raises:
        RequestError: `not_found`, `conflict` if the workflow cannot be started, `invalid_request`.
    """
    given = None if body.secret is None else body.secret.get_secret_value()
    settings = _settings_of(body.kind, body)
    secret = chosen_secret(settings.signature, given)
    version = await services.versions.get(actor.workspace_id, body.workflow, body.version)
    async with services.database.tenant(actor.workspace_id) as session:
        if await repository.count(session) >= MAX_HOOKS:
            raise RequestError(ErrorCode.CONFLICT, f"A workspace has at most {MAX_HOOKS:,} hooks.")
        hook = Hook(
            id=uuid4(),
            workspace_id=actor.workspace_id,
            workflow_id=version.workflow_id,
            kind=body.kind.value,
            name=body.name,
            version=body.version,
            settings=settings.model_dump(mode="json"),
            enabled=body.enabled,
            created_by=actor.name,
            updated_by=actor.name,
        )
        key = HookKey.fresh(actor.workspace_id, hook.id).text
        write_secrets(services.encryption, hook, HookSecrets(key, secret))
        session.add(hook)
        await session.flush()
        await session.refresh(hook, ["created_at", "updated_at"])
        made = describe(services.encryption, hook, body.workflow)
        audit.record(session, actor, "hook.created", ("hook", hook.id), after=_audited(made))
    return models.HookWithSecret(**made.model_dump(), secret=secret)


async def update(services: Services, actor: Actor, hook_id: UUID, body: models.UpdateHook) -> models.HookWithSecret:
    """Let a hook say something else; with another secret, if one is given or now needed.

    Raises:
        RequestError: `not_found`, `conflict` if there is no such version, `invalid_request` for a secret that cannot
            be used.
    """
    given = None if body.secret is None else body.secret.get_secret_value()
    async with services.database.tenant(actor.workspace_id) as session:
        hook, slug = await find(session, hook_id, lock=True)
        await services.versions.get(actor.workspace_id, slug, body.version)
        before = describe(services.encryption, hook, slug)
        settings = _settings_of(HookKind(hook.kind), body)
        secret = None
        if given is not None or not before.has_secret:
            secret = chosen_secret(settings.signature, given)
        if secret is not None:
            write_secrets(services.encryption, hook, read_secrets(services.encryption, hook).renewed(secret))
        hook.name, hook.version, hook.enabled = body.name, body.version, body.enabled
        hook.settings = settings.model_dump(mode="json")
        after = await _changed(session, services.encryption, actor, hook, slug)
        subject = ("hook", hook_id)
        audit.record(session, actor, "hook.updated", subject, before=_audited(before), after=_audited(after))
    return models.HookWithSecret(**after.model_dump(), secret=secret)


async def rotate(services: Services, actor: Actor, hook_id: UUID, body: models.RotateHook) -> models.HookWithSecret:
    """Give a hook another secret, beside which the one before counts for a day; or another address, at once.

    Raises:
        RequestError: `not_found`, `invalid_request`.
    """
    given = None if body.secret is None else body.secret.get_secret_value()
    async with services.database.tenant(actor.workspace_id) as session:
        hook, slug = await find(session, hook_id, lock=True)
        found, secret = read_secrets(services.encryption, hook), None
        if body.what == "address":
            key = HookKey.fresh(actor.workspace_id, hook.id).text
            found = HookSecrets(key, found.secret, found.previous, found.previous_until)
        else:
            secret = chosen_secret(HookSettings.model_validate(hook.settings).signature, given)
            if secret is None:
                raise RequestError(ErrorCode.INVALID_REQUEST, "This hook checks no signature and has no secret.")
            found = found.renewed(secret)
        write_secrets(services.encryption, hook, found)
        after = await _changed(session, services.encryption, actor, hook, slug)
        audit.record(session, actor, "hook.rotated", ("hook", hook_id), after={"name": hook.name, "what": body.what})
    return models.HookWithSecret(**after.model_dump(), secret=secret)


async def delete(services: Services, actor: Actor, hook_id: UUID) -> None:
    """Delete a hook and its log; its runs stay.

    Raises:
        RequestError: `not_found`.
    """
    async with services.database.tenant(actor.workspace_id) as session:
        hook, slug = await find(session, hook_id, lock=True)
        before = _audited(describe(services.encryption, hook, slug))
        await session.delete(hook)
        audit.record(session, actor, "hook.deleted", ("hook", hook_id), before=before)


async def redeliver(services: Services, actor: Actor, hook_id: UUID, delivery_id: UUID) -> models.HookDelivery:
    """Let in once more what came in before, as the hook is now; it may start another run.

    Raises:
        RequestError: `not_found`, `conflict` if it was refused, so that nothing of it is kept.
        PerdureError: `quota_exceeded`.
    """
    async with services.database.tenant(actor.workspace_id) as session:
        hook, _ = await find(session, hook_id)
        before = await _delivery(session, hook_id, delivery_id)
        if before.status == "refused":
            raise RequestError(ErrorCode.CONFLICT, "What was refused is not kept; it must be sent again.")
        row = await accept_again(session, hook, before)
        after = {"delivery": str(delivery_id), "again": str(row.id), "status": row.status}
        audit.record(session, actor, "hook.redelivered", ("hook", hook_id), after=after)
    if row.run_id is not None:
        services.dispatcher.start_soon(actor.workspace_id, row.run_id)
    return describe_delivery(row)


async def preview(services: Services, caller: Caller, body: models.PreviewHook) -> models.HookPreview:
    """What a hook with these settings would do with something; nothing is stored or started.

    Whoever may not see personal data tries their expressions on what is masked: no expression can then unmask it.

    Raises:
        RequestError: `not_found`, `conflict` if the workflow cannot be started.
    """
    version = await services.versions.get(caller.workspace_id, body.workflow, None)
    sample = body.sample or models.Sample()
    if body.delivery is not None:
        sample = await _sample(services, caller, body.delivery)
    hook = Hook(id=UUID(int=0), workspace_id=caller.workspace_id, name="preview")
    known = known_of(hook, body=sample.body, headers=sample.headers, query=dict(sample.query))
    identity, value, starts = None, None, False
    try:
        identity = delivery_id_of(body.settings, known)
        starts, value = mapped(body.settings, known)
    except PerdureError as error:
        return models.HookPreview(
            starts=False, ignored=False, delivery_id=identity, input=None, problem=error.info.message
        )
    problems = version.input_schema.problems(value) if starts else []
    problem = "; ".join(f"{one.field or '/'}: {one.message}" for one in problems[:5]) or None
    return models.HookPreview(
        starts=starts and not problems, ignored=not starts, delivery_id=identity, input=value, problem=problem
    )


async def _sample(services: Services, caller: Caller, delivery_id: UUID) -> models.Sample:
    """What came in before, as the caller may see it."""
    async with services.database.tenant(caller.workspace_id) as session:
        row = await repository.find_delivery(session, delivery_id)
        mask = None if caller.may(Permission.PERSONAL_READ) else await view_mask(session)
    if row is None:
        raise not_found("delivery", delivery_id)
    parts = {"body": row.body, "headers": row.headers, "query": row.query}
    return models.Sample(**(parts if mask is None else {name: mask.value(part) for name, part in parts.items()}))


def delivery_id_of(settings: HookSettings, known: dict[str, Any]) -> str | None:
    """What its sender calls a delivery.

    Raises:
        PerdureError: `expression_failed`, also if the expression gives nothing that can be an id.
    """
    if settings.delivery_id is None:
        told = default_delivery_id(settings.signature, known["headers"], known["body"])
        return None if told is None else told[:500]
    told = compile_condition(settings.delivery_id).evaluate({"vars": known})
    if isinstance(told, bool) or not isinstance(told, str | int) or told == "":
        message = f"The expression for the delivery's id, `{settings.delivery_id[:200]}`, gives no text and no number."
        raise PerdureError(ErrorCode.EXPRESSION_FAILED, message)
    return str(told)[:500]


async def list_all(
    session: AsyncSession, encryption: Encryption, *, workflow: str | None, cursor: str | None, limit: int
) -> models.HookPage:
    """A page of hooks."""
    before = None if cursor is None else decode_moment_cursor(cursor)
    rows = await repository.list_all(session, workflow=workflow, before=before, limit=limit + 1)
    items = [describe(encryption, hook, slug) for hook, slug in rows[:limit]]
    more = encode_cursor(items[-1].created_at.isoformat(), str(items[-1].id)) if len(rows) > limit else None
    return models.HookPage(items=items, next_cursor=more)


async def list_deliveries(
    session: AsyncSession, hook_id: UUID, *, status: str | None, cursor: str | None, limit: int
) -> models.HookDeliveryPage:
    """A page of what came in.

    Raises:
        RequestError: `not_found`.
    """
    await find(session, hook_id)
    before = None if cursor is None else decode_moment_cursor(cursor)
    rows = await repository.list_deliveries(session, hook_id, status=status, before=before, limit=limit + 1)
    items = [describe_delivery(row) for row in rows[:limit]]
    more = encode_cursor(items[-1].received_at.isoformat(), str(items[-1].id)) if len(rows) > limit else None
    return models.HookDeliveryPage(items=items, next_cursor=more)


async def get_delivery(session: AsyncSession, hook_id: UUID, delivery_id: UUID) -> models.HookDeliveryDetail:
    """Something that came in, with all that is kept of it.

    Raises:
        RequestError: `not_found`.
    """
    row = await _delivery(session, hook_id, delivery_id)
    shown = describe_delivery(row).model_dump()
    return models.HookDeliveryDetail(**shown, headers=row.headers, query=row.query, body=row.body)


async def find(session: AsyncSession, hook_id: UUID, *, lock: bool = False) -> tuple[Hook, str]:
    """A hook and the slug of its workflow.

    Raises:
        RequestError: `not_found`.
    """
    found = await repository.find(session, hook_id, lock=lock)
    if found is None:
        raise not_found("hook", hook_id)
    return found


def describe(encryption: Encryption, hook: Hook, slug: str) -> models.Hook:
    """The row as the API shows it."""
    found = read_secrets(encryption, hook)
    settings = HookSettings.model_validate(hook.settings)
    return models.Hook(
        id=hook.id,
        workflow=slug,
        kind=HookKind(hook.kind),
        name=hook.name,
        version=hook.version,
        settings=settings,
        enabled=hook.enabled,
        path=_path(hook, settings, found.key),
        has_secret=found.secret is not None,
        created_at=hook.created_at,
        created_by=hook.created_by,
        updated_at=hook.updated_at,
        updated_by=hook.updated_by,
    )


def _path(hook: Hook, settings: HookSettings, key: str) -> str:
    if hook.kind != HookKind.FORM:
        return f"/hooks/{key}"
    return f"/forms/{key}" if settings.form.access == "public" else f"/fill/{hook.id}"


def describe_delivery(row: HookDelivery) -> models.HookDelivery:
    """The row as the API shows it."""
    return models.HookDelivery.model_validate({name: getattr(row, name) for name in models.HookDelivery.model_fields})


async def _delivery(session: AsyncSession, hook_id: UUID, delivery_id: UUID) -> HookDelivery:
    row = await repository.find_delivery(session, delivery_id, hook_id)
    if row is None:
        raise not_found("delivery", delivery_id)
    return row


async def _changed(session: AsyncSession, encryption: Encryption, actor: Actor, hook: Hook, slug: str) -> models.Hook:
    hook.updated_at, hook.updated_by = func.clock_timestamp(), actor.name
    await session.flush()
    await session.refresh(hook, ["updated_at"])
    return describe(encryption, hook, slug)


def _settings_of(kind: HookKind, body: models.HookContent) -> HookSettings:
    """A form is signed by nobody; neither is a mail, unless somebody says how."""
    unsaid = kind is HookKind.FORM or (kind is HookKind.EMAIL and "signature" not in body.settings.model_fields_set)
    return body.settings.model_copy(update={"signature": Signature.NONE}) if unsaid else body.settings


def _audited(hook: models.Hook) -> dict[str, Any]:
    return hook.model_dump(mode="json", include={"name", "workflow", "kind", "version", "settings", "enabled"})
