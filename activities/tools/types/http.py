"""`http`: puts the arguments into the request of the settings and sends it as `http_request` does."""

from typing import Any

from activities.nodes import http_request
from activities.step import Outcome, StepContext
from activities.tools.arguments import header_value
from schemas.errors import ErrorCode, PerdureError
from schemas.nodes.http_request import HttpRequestConfig
from schemas.tools.placeholders import filled, filled_url
from schemas.tools.types.http import HttpSettings


async def run(settings: HttpSettings, name: str, arguments: dict[str, Any], context: StepContext) -> Outcome:
    """Sends the request; the model reads status and body of the answer.

    Raises:
        PerdureError: what `http_request` raises, and `invalid_input` if an argument does not fit into the address.
    """
    answer = await http_request.run(_request(settings, arguments, context), context)
    body = {key: answer.output[key] for key in ("body", "base64") if key in answer.output}
    return Outcome(output={"status": answer.output["status"], **body})


def _request(settings: HttpSettings, arguments: dict[str, Any], context: StepContext) -> HttpRequestConfig:
    known = settings.parameters.get("properties", {})
    try:
        url = filled_url(settings.url, known, arguments)
    except ValueError as error:
        raise PerdureError(ErrorCode.INVALID_INPUT, str(error)) from None
    written = settings.model_dump(mode="json", by_alias=True, include={"headers", "query", "json_body"})
    request = {
        "url": url,
        "method": settings.method,
        **filled(written, known, arguments),
        "credential": settings.credential,
        "idempotency_header": settings.idempotency_header,
        "max_bytes": settings.max_bytes,
    }
    # Only now: whether a credential may go to an address is asked of the address that is called.
    request = context.credentials.filled(request)
    request["headers"] = {key: header_value(str(value)) for key, value in request["headers"].items()}
    return HttpRequestConfig.model_validate(request)
