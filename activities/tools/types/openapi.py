"""`openapi`: one request by the description of its operation."""

import json
from typing import Any
from urllib.parse import quote, urlencode

from activities.nodes import http_request
from activities.step import Outcome, StepContext
from activities.tools.arguments import header_value
from schemas.errors import ErrorCode, PerdureError
from schemas.nodes.http_request import HttpRequestConfig
from schemas.tools.placeholders import as_text
from schemas.tools.types.openapi import BODY, ApiOperation, ApiParameter, OpenapiSettings


async def run(settings: OpenapiSettings, name: str, arguments: dict[str, Any], context: StepContext) -> Outcome:
    """Sends the request; the model reads status and body of the answer.

    Raises:
        PerdureError: what `http_request` raises, and `invalid_input` if an argument does not fit into the path.
    """
    operation = settings.operation(name)
    answer = await http_request.run(_request(settings, operation, arguments), context)
    body = {key: answer.output[key] for key in ("body", "base64") if key in answer.output}
    return Outcome(output={"status": answer.output["status"], **body})


def operation_url(api: str, operation: ApiOperation, arguments: dict[str, Any]) -> str:
    """The address of an operation with its arguments, each where it belongs.

    Raises:
        PerdureError: `invalid_input` if an argument does not fit into the path.
    """
    given = [one for one in operation.parameters if arguments.get(one.argument) is not None]
    query = [one for parameter in given if parameter.place == "query" for one in _pairs(parameter, arguments)]
    url = api.rstrip("/") + _path(operation, arguments)
    return f"{url}?{urlencode(query)}" if query else url


def operation_headers(operation: ApiOperation, arguments: dict[str, Any]) -> dict[str, str]:
    """The arguments of an operation that are sent as headers.

    Raises:
        PerdureError: `invalid_input` if one could end its header.
    """
    given = [one for one in operation.parameters if arguments.get(one.argument) is not None]
    return {one.name: header_value(_joined(arguments[one.argument])) for one in given if one.place == "header"}


def _request(settings: OpenapiSettings, operation: ApiOperation, arguments: dict[str, Any]) -> HttpRequestConfig:
    headers = operation_headers(operation, arguments)
    config: dict[str, Any] = {
        "url": operation_url(settings.url, operation, arguments),
        "method": operation.method,
        "headers": {**_content_type(operation), **settings.headers, **headers},
        "credential": settings.credential,
        "idempotency_header": settings.idempotency_header,
        "max_bytes": settings.max_bytes,
    }
    if operation.body is not None and BODY in arguments:
        config |= operation_body(operation, arguments[BODY])
    return HttpRequestConfig.model_validate(config)


def _path(operation: ApiOperation, arguments: dict[str, Any]) -> str:
    path = operation.path
    for parameter in operation.parameters:
        if parameter.place == "path":
            text = _joined(arguments.get(parameter.argument))
            if text in ("", ".", ".."):
                message = f"The argument {parameter.argument!r} may not be {text!r} here."
                raise PerdureError(ErrorCode.INVALID_INPUT, message)
            path = path.replace(f"{{{parameter.name}}}", quote(text, safe=""))
    return path


def _pairs(parameter: ApiParameter, arguments: dict[str, Any]) -> list[tuple[str, str]]:
    value = arguments[parameter.argument]
    if isinstance(value, list) and parameter.explode:
        return [(parameter.name, as_text(item)) for item in value]
    return [(parameter.name, _joined(value))]


def _joined(value: Any) -> str:
    return ",".join(as_text(item) for item in value) if isinstance(value, list) else as_text(value)


def _content_type(operation: ApiOperation) -> dict[str, str]:
    return {"content-type": "application/x-www-form-urlencoded"} if operation.body == "form" else {}


def operation_body(operation: ApiOperation, body: Any) -> dict[str, Any]:
    """The body of an operation as `http_request` has it: `json`, or `body`.

    Raises:
        PerdureError: `invalid_input` if a form is no object.
    """
    if operation.body == "json":
        return {"json": body}
    if not isinstance(body, dict):
        raise PerdureError(ErrorCode.INVALID_INPUT, "The argument 'body' must be an object here.")
    fields = [(key, item) for key, value in body.items() for item in (value if isinstance(value, list) else [value])]
    return {"body": urlencode([(key, item if isinstance(item, str) else json.dumps(item)) for key, item in fields])}
