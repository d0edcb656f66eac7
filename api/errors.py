"""Every error answer of the API: RFC 9457 problem+json with a stable `code`.

A `PerdureError` becomes the status of its class, FastAPI's own errors are translated; the rest ends in `api.gate`.
"""

import math
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response as PlainResponse
from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from api.limits.headers import quota_headers
from schemas.errors import ErrorCode, ErrorInfo, PerdureError

MEDIA_TYPE = "application/problem+json"

MAX_FIELDS: Final = 100
MAX_FIELD_CHARS: Final = 500
"""What an answer tells of a wrong request, so that it is never much larger than the request."""

_NAMED: Final = 20


class FieldProblem(BaseModel):
    """One thing that is wrong with a request or a value."""

    field: str = Field(description="Where: `body.workflow`, `query.limit`, or a JSON pointer into a value.")
    message: str = Field(description="What is wrong, in a sentence.")


class FaultProblem(BaseModel):
    """One fault of a workflow document."""

    code: str
    node: str | None = Field(description="Node id, null for the document itself.")
    field: str | None = Field(description="Path of the field, e.g. `with.prompt`.")
    message: str
    line: int | None = Field(description="Line in the text that was sent, from 1.")
    column: int | None = Field(description="Column in that line, from 1.")


class Problem(BaseModel):
    """An error answer (RFC 9457)."""

    type: str = Field(description="`urn:perdure:problem:` and the code.")
    title: str = Field(description="Short name of the HTTP status.")
    status: int
    detail: str = Field(description="One sentence for a person: what is wrong and what to do.")
    code: ErrorCode = Field(description="Stable code for programs.")
    request_id: str = Field(description="Also in the header X-Request-Id; name it when you ask for help.")
    errors: list[FieldProblem] = Field(description="All that is wrong with the request, if it is about fields.")
    faults: list[FaultProblem] = Field(description="All faults of the document, if it is about a document.")
    details: dict[str, Any] = Field(description="Further facts, by code.")


class RequestError(PerdureError):
    """A `PerdureError` that lists each wrong field, or has another status than its class."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        status: int | None = None,
        errors: list[FieldProblem] | None = None,
        faults: list[FaultProblem] | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(code, message, details=details)
        self.status = status
        self.errors = errors or []
        self.faults = faults or []


def not_found(what: str, name: object) -> RequestError:
    """The answer for anything that is not there or belongs to somebody else."""
    return RequestError(ErrorCode.NOT_FOUND, f"There is no {what} {str(name)[:200]!r}.")


def request_id(request: Request) -> str:
    """Id of the request, given by `api.gate`."""
    return str(request.scope.get("request_id", ""))


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The problem as an HTTP answer."""
    return PlainResponse(to_json(problem), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def describe(error: PerdureError, id_of_request: str) -> Problem:
    """The problem that reports `error`."""
    info: ErrorInfo = error.info
    status = getattr(error, "status", None) or info.reaction.http_status
    return Problem(
        type=f"urn:perdure:problem:{info.code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=info.message,
        code=info.code,
        request_id=id_of_request,
        errors=getattr(error, "errors", []),
        faults=getattr(error, "faults", []),
        details=info.details,
    )


def extra_headers(error: PerdureError) -> dict[str, str] | None:
    """Headers that belong to an error."""
    if error.code is ErrorCode.UNAUTHENTICATED:
        return {"WWW-Authenticate": "Bearer"}
    headers = quota_headers(error.info.details) if error.code is ErrorCode.QUOTA_EXCEEDED else {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    return headers or None


def install(app: FastAPI) -> None:
    """Register the translation of every kind of exception."""
    app.add_exception_handler(PerdureError, _answer_perdure_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    app.add_exception_handler(HTTPException, _answer_http_exception)


async def _answer_perdure_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PerdureError)  # noqa: S101 (Starlette's signature is wider)
    return problem_response(describe(error, request_id(request)), extra_headers(error))


async def _answer_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = error.errors()
    fields = [
        FieldProblem(field=_place(item["loc"])[:MAX_FIELD_CHARS], message=item["msg"][:MAX_FIELD_CHARS])
        for item in found[:MAX_FIELDS]
    ]
    names = list(dict.fromkeys(field.field for field in fields))
    where = ", ".join(names[:_NAMED]) + (f" and {len(found) - _NAMED} more" if len(names) > _NAMED else "")
    refused = RequestError(ErrorCode.INVALID_REQUEST, f"The request is not valid: see {where}.", errors=fields)
    return problem_response(describe(refused, request_id(request)))


async def _answer_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    if error.status_code == HTTPStatus.NOT_FOUND:
        refused = RequestError(ErrorCode.NOT_FOUND, f"There is nothing at {request.url.path}.")
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        message = f"{request.url.path} does not answer {request.method}."
        refused = RequestError(ErrorCode.INVALID_REQUEST, message, status=error.status_code)
    else:
        refused = RequestError(ErrorCode.INVALID_REQUEST, str(error.detail), status=error.status_code)
    return problem_response(describe(refused, request_id(request)), dict(error.headers or {}))


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)
