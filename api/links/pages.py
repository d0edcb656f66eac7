"""The page behind a link, made on the server: opening it never decides, its buttons do.

Mail scanners and previews fetch every link they see, so GET and HEAD only look. A decision is a POST to an address
without the token, which stands in the form: no foreign page knows it, so none can send the form for somebody.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from api.access.authentication import client_address
from api.identity.client import Client
from api.links import page, service
from api.links.models import ConfirmLink, LinkedRequest
from api.services import Services
from schemas.errors import ErrorCode, PerdureError

PATH: Final = "/link"
_MAX_FORM_BYTES: Final = 100_000
_HEADERS: Final = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow"}
_REPAIRABLE: Final = frozenset({ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_FORM, ErrorCode.STALE_APPROVAL})
"""After these the request is shown anew."""


class LinkPages:
    """Two routes outside of the API.

    Args:
        services: Connections.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self.routes = (
            Route(PATH + "/{token}", self._show, methods=["GET"]),
            Route(PATH, self._decide, methods=["POST"]),
        )

    async def _show(self, request: Request) -> Response:
        """The request as it stands, with buttons; HEAD and GET change nothing."""
        token = request.path_params["token"]
        try:
            return _answer(page.request_page(await service.inspect(self._services, token), token))
        except PerdureError as error:
            return _answer(page.refusal_page(error), error)

    async def _decide(self, request: Request) -> Response:
        form: Mapping[str, str] = {}
        try:
            form = await _form(request)
            decided = await service.confirm(self._services, _client(request), _wanted(form))
            return _answer(page.done_page(decided))
        except PerdureError as error:
            return await self._refused(form.get("token", ""), form, error)

    async def _refused(self, token: str, form: Mapping[str, str], error: PerdureError) -> Response:
        """The request once more with what was wrong, if it can be answered again."""
        if error.code in _REPAIRABLE:
            try:
                shown: LinkedRequest = await service.inspect(self._services, token)
            except PerdureError as worse:
                error = worse
            else:
                return _answer(page.request_page(shown, token, problem=error, reason=form.get("reason", "")), error)
        return _answer(page.refusal_page(error), error)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form.

    Raises:
        PerdureError: `unsupported_media_type`, `body_too_large`.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise PerdureError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send the form of the page.")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MAX_FORM_BYTES:
            raise PerdureError(ErrorCode.BODY_TOO_LARGE, "The form is too long.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20, errors="strict"))
    except ValueError:
        raise PerdureError(ErrorCode.INVALID_REQUEST, "The form cannot be read.") from None


def _wanted(form: Mapping[str, str]) -> ConfirmLink:
    try:
        return ConfirmLink(
            token=form["token"],
            decision=form["decision"],
            digest=form["digest"],
            reason=form.get("reason", "").replace("\r\n", "\n").strip() or None,
        )
    except (KeyError, ValueError):
        raise PerdureError(ErrorCode.INVALID_REQUEST, "The form is not complete, or something is too long.") from None


def _client(request: Request) -> Client:
    return Client(
        address=client_address(request.scope),
        user_agent="",
        request_id=request.scope["request_id"],
        is_web=False,
        is_secure=request.scope.get("scheme") == "https",
        cookie=None,
    )


def _answer(html: str, error: PerdureError | None = None) -> Response:
    status = 200 if error is None else error.info.reaction.http_status
    return HTMLResponse(html, status_code=status, headers=_HEADERS)
