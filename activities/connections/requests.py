"""The request that an action and its arguments make; it holds no credential yet."""

import base64
import json
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final

import orjson

from activities.text import clean_output
from activities.tools.arguments import argument_faults
from activities.tools.types.openapi import operation_body, operation_headers, operation_url
from schemas.connections.actions import ConnectionAction
from schemas.errors import ErrorCode, PerdureError
from schemas.tools.placeholders import filled
from schemas.tools.types.openapi import BODY

_JSON: Final = "application/json; charset=utf-8"
_FORM: Final = "application/x-www-form-urlencoded"


async def checked(action: ConnectionAction, arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments, if they fit the action; a text that stands for null is left out.

    Raises:
        PerdureError: `invalid_input`, saying which do not fit.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    if fault := await argument_faults(action.input_schema, given):
        raise PerdureError(ErrorCode.INVALID_INPUT, fault)
    return given


def address(action: ConnectionAction, api_url: str, arguments: dict[str, Any]) -> str:
    """Where a call goes."""
    return operation_url(api_url, action, arguments)


def headers_and_body(action: ConnectionAction, arguments: dict[str, Any]) -> tuple[dict[str, str], bytes | None]:
    """What is sent there.

    Raises:
        PerdureError: `invalid_input` if an argument does not fit into its place.
    """
    headers = {"accept": "application/json", **operation_headers(action, arguments)}
    body, media_type = _body(action, arguments)
    if body is not None:
        headers["content-type"] = media_type
    return headers, body


def _body(action: ConnectionAction, arguments: dict[str, Any]) -> tuple[bytes | None, str]:
    if action.mail is not None:
        mail = mail_of(arguments)
        if action.mail == "gmail":
            return orjson.dumps({"raw": base64.urlsafe_b64encode(mail).decode()}), _JSON
        return base64.b64encode(mail), "text/plain"
    if action.template is not None:
        known = action.input_schema.get("properties", {})
        return orjson.dumps(clean_output(_present(filled(action.template, known, arguments)))), _JSON
    if action.body is None or BODY not in arguments:
        return None, ""
    sent = operation_body(action, arguments[BODY])
    if "json" in sent:
        return orjson.dumps(clean_output(sent["json"])), _JSON
    return str(sent["body"]).encode(), _FORM


def mail_of(arguments: Mapping[str, Any]) -> bytes:
    """A mail as bytes; a line break in an address or a subject cannot begin another header.

    Raises:
        PerdureError: `invalid_input` if an address or the subject cannot stand in a header.
    """
    mail = EmailMessage(policy=SMTP)
    try:
        mail["To"] = ", ".join(arguments["to"])
        if arguments.get("cc"):
            mail["Cc"] = ", ".join(arguments["cc"])
        mail["Subject"] = arguments["subject"]
        mail.set_content(arguments["text"])
        if arguments.get("html"):
            mail.add_alternative(arguments["html"], subtype="html")
        return mail.as_bytes()
    except (ValueError, IndexError) as error:
        message = "An address or the subject of the mail cannot be sent like this; it may hold no line breaks."
        raise PerdureError(ErrorCode.INVALID_INPUT, message) from error


def _present(value: Any) -> Any:
    """A body without what was not given, and without objects that hold nothing else."""
    if isinstance(value, list):
        return [_present(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _present(item) for key, item in value.items() if item is not None}
    return {key: item for key, item in kept.items() if not (isinstance(item, dict) and not item and value[key])}


def parsed(body: Any) -> Any:
    """The body of an answer as data, if it is JSON under another name."""
    if not isinstance(body, str) or body[:1] not in ("{", "["):
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body
