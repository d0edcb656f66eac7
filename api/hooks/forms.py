"""`/forms/<address>`: the page of a public form, which anybody who knows its address may fill in.

Each sending starts a run. Of a form for people who are signed in it only knows where its page is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from api.access.authentication import client_address
from api.hooks import form_page
from api.hooks.bodies import parse_body, read_bytes
from api.hooks.ingress import HookIngress, take
from api.limits.buckets import Buckets
from api.limits.limiter import network_of
from api.services import Services
from db.tables import Hook, Workflow
from engine.hook_runs import Incoming
from engine.triggered_runs import Target, find_version
from schemas.errors import ErrorCode, PerdureError
from schemas.hooks import FormPage, HookKind, HookSettings

PATH: Final = "/forms/{key}"
SENDINGS: Final = 30
"""A minute that one form takes from one network, so that nobody uses up what it takes from all."""
_HEADERS: Final = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow"}
_TYPE: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class _Form:
    """A form as it is now."""

    hook: Hook
    settings: HookSettings
    name: str
    schema: dict[str, Any]

    @property
    def look(self) -> FormPage:
        return self.settings.form


class FormPages:
    """Two routes outside of the API.

    Args:
        services: Connections.
        ingress: Finds hooks and lets in what comes.
    """

    def __init__(self, services: Services, ingress: HookIngress) -> None:
        self._services = services
        self._ingress = ingress
        self._senders = Buckets(SENDINGS)
        self.routes = (
            Route(PATH, self._show, methods=["GET"]),
            Route(PATH, self._take, methods=["POST"]),
        )

    async def _show(self, request: Request) -> Response:
        """The empty form; GET changes nothing."""
        try:
            form = await self._form(request)
        except PerdureError as error:
            return _answer(form_page.refused_page(error.info.message), error)
        if form.look.access != "public":
            return RedirectResponse(f"/fill/{form.hook.id}", status_code=303, headers=_HEADERS)
        return _answer(_page(form, str(uuid4()), {}))

    async def _take(self, request: Request) -> Response:
        """A form that was sent: shown again if something is wrong with it."""
        entered: Mapping[str, str] = {}
        try:
            form = await self._form(request)
            if form.look.access != "public":
                raise PerdureError(ErrorCode.FORBIDDEN, "This form is for people who are signed in.")
            take(self._senders, (form.hook.id, network_of(client_address(request.scope))))
            entered = await _entered(request, form)
            token = _token(entered.get("token", ""))
        except PerdureError as error:
            return _answer(form_page.refused_page(error.info.message), error)
        value = form_page.read_form(form.schema, entered)
        address = client_address(request.scope)
        incoming = Incoming(token, _TYPE, {}, {}, value, sum(map(len, entered.values())), address)
        try:
            accepted = await self._ingress.accept(form.hook, incoming)
        except PerdureError as error:
            return _answer(_page(form, token, entered, error.info.message), error)
        if accepted.row.status != "failed":
            return _answer(form_page.thanks_page(form.look, form.name))
        problem = str((accepted.row.error or {}).get("message", "Something is wrong with this form."))
        refused = PerdureError(ErrorCode.INVALID_FORM, problem)
        return _answer(_page(form, token, entered, problem), refused)

    async def _form(self, request: Request) -> _Form:
        hook = await self._ingress.find(request.path_params["key"], request, HookKind.FORM)
        async with self._services.database.tenant(hook.workspace_id) as session:
            version = await find_version(session, Target(hook.workflow_id, hook.version))
            workflow = await session.get(Workflow, hook.workflow_id)
        name = "" if workflow is None else workflow.name
        return _Form(hook, HookSettings.model_validate(hook.settings), name, version.document.get("input") or {})


async def _entered(request: Request, form: _Form) -> dict[str, str]:
    """The fields of a form.

    Raises:
        PerdureError: `unsupported_media_type`, `body_too_large`, `invalid_request`.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != _TYPE:
        raise PerdureError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send the form of the page.")
    fields = parse_body(_TYPE, await read_bytes(request, form.settings.max_bytes)) or {}
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _token(text: str) -> str:
    """What tells this form from others that are sent.

    Raises:
        PerdureError: `invalid_request`.
    """
    try:
        return str(UUID(text))
    except ValueError:
        raise PerdureError(ErrorCode.INVALID_REQUEST, "Open the form anew and send it from there.") from None


def _page(form: _Form, token: str, entered: Mapping[str, str], problem: str = "") -> str:
    return form_page.form_page(form.look, form.name, form.schema, token, entered=entered, problem=problem)


def _answer(html: str, error: PerdureError | None = None) -> Response:
    return HTMLResponse(html, status_code=200 if error is None else error.info.reaction.http_status, headers=_HEADERS)
