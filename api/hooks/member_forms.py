"""Forms that people of a workspace fill in; whoever sends one starts the run in their own name."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.errors import RequestError, not_found
from api.hooks import models, repository
from api.services import Services
from db.json_text import to_json
from db.tables import Hook, Workflow
from engine.hook_runs import Accepted, Incoming, accept
from engine.triggered_runs import Target, find_version
from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.hooks import HookKind, HookSettings

_TYPE = "application/json"


async def get(session: AsyncSession, hook_id: UUID) -> models.Form:
    """A form as its page shows it.

    Raises:
        RequestError: `not_found`, also for a form that is turned off.
        PerdureError: `conflict` if its workflow cannot be started.
    """
    hook = await _found(session, hook_id)
    version = await find_version(session, Target(hook.workflow_id, hook.version))
    workflow = await session.get(Workflow, hook.workflow_id)
    look = HookSettings.model_validate(hook.settings).form
    return models.Form(
        id=hook.id,
        title=look.title or ("" if workflow is None else workflow.name) or hook.name,
        text=look.text,
        button=look.button,
        input_schema=version.document.get("input") or {},
    )


async def send(services: Services, caller: Caller, hook_id: UUID, body: models.SendForm) -> models.FormSent:
    """Start the run of a form that somebody has filled in; under the same token one run.

    Raises:
        RequestError: `not_found`, `body_too_large`.
        PerdureError: `invalid_input`, `conflict`, `expression_failed`, `quota_exceeded`.
    """
    size = len(to_json(body.input).encode())
    async with services.database.tenant(caller.workspace_id) as session:
        hook = await _found(session, hook_id)
        settings = HookSettings.model_validate(hook.settings)
        if size > settings.max_bytes:
            message = f"This form takes at most {settings.max_bytes:,} bytes."
            raise RequestError(ErrorCode.BODY_TOO_LARGE, message)
        incoming = Incoming(str(body.token), _TYPE, {}, {}, body.input, size, caller.address)
        accepted = await accept(session, hook, incoming, caller.actor)
    if accepted.row.run_id is not None and not accepted.repeated:
        services.dispatcher.start_soon(caller.workspace_id, accepted.row.run_id)
    return _sent(accepted, settings)


async def _found(session: AsyncSession, hook_id: UUID) -> Hook:
    found = await repository.find(session, hook_id)
    if found is None or found[0].kind != HookKind.FORM or not found[0].enabled:
        raise not_found("form", hook_id)
    return found[0]


def _sent(accepted: Accepted, settings: HookSettings) -> models.FormSent:
    row = accepted.row
    if row.status == "failed":
        info = ErrorInfo.model_validate(row.error)
        raise PerdureError(info.code, info.message, details=info.details)
    return models.FormSent(run_id=row.run_id, repeated=accepted.repeated, thanks=settings.form.thanks)
