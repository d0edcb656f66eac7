"""Reads the body of whoever calls: JSON, a form with or without files, or text, each in the encoding that it names.

Nothing else is taken.
"""

import base64
import codecs
from collections.abc import Iterable
from email.message import Message
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from api.json_text import check_value, parse_json
from engine.multipart import TYPE as MULTIPART
from engine.multipart import Part, parse_multipart
from schemas.errors import ErrorCode, PerdureError

_FORM: Final = "application/x-www-form-urlencoded"
_MAX_FIELDS: Final = 1_000


async def read_bytes(request: Request, limit: int) -> bytes:
    """The body, refused as soon as it is too long.

    Raises:
        PerdureError: `body_too_large`.
    """
    parts, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise PerdureError(ErrorCode.BODY_TOO_LARGE, f"This hook takes bodies of at most {limit:,} bytes.")
        parts.append(piece)
    return b"".join(parts)


def parse_body(content_type: str, raw: bytes) -> Any:
    """The body as JSON value: JSON as it is, a form as object, text as text, nothing as null.

    Fields that a form has several times become lists. A field `payload` that holds JSON, as Slack and GitHub send it,
    is read too. A file becomes `{filename, content_type, size}` with its content as `text` or as `base64`.

    Raises:
        PerdureError: `unsupported_media_type`, `invalid_request`, `invalid_text`.
    """
    if not raw:
        return None
    header = Message()
    header["content-type"] = content_type or "application/json"
    kind = header.get_content_type()
    if kind == "application/json" or kind.endswith("+json"):
        return parse_json(_text(header, raw).encode())
    if kind == _FORM:
        return _form(_text(header, raw))
    if kind == MULTIPART:
        return _object((part.name, _value(part)) for part in parse_multipart(content_type, raw))
    if _is_text(kind):
        text = _text(header, raw)
        check_value(text)
        return text
    message = f"Send the body as JSON, as {_FORM} or {MULTIPART}, or as text; this hook does not take {kind[:80]}."
    raise PerdureError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, message)


def _text(header: Message, raw: bytes) -> str:
    name = str(header.get_content_charset() or "utf-8")
    try:
        found = codecs.lookup(name)
        # Some codecs turn bytes into bytes, or run code of their own.
        if not getattr(found, "_is_text_encoding", False) or found.name in ("idna", "punycode", "undefined"):
            raise LookupError
    except LookupError:
        message = f"This hook does not know the character set {name[:40]!r}; send UTF-8."
        raise PerdureError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, message) from None
    try:
        return raw.decode(found.name).removeprefix("\ufeff")
    except (UnicodeError, ValueError):
        raise PerdureError(ErrorCode.INVALID_TEXT, f"The body is not {name}, as its type says.") from None


def _form(text: str) -> dict[str, Any]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError:
        message = f"The form cannot be read, or has more than {_MAX_FIELDS:,} fields."
        raise PerdureError(ErrorCode.INVALID_REQUEST, message) from None
    return _object(pairs)


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, list[Any]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    found = {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
    payload = found.get("payload")
    if isinstance(payload, str) and payload[:1] in ("{", "["):
        found["payload"] = parse_json(payload.encode())
    check_value(found)
    return found


def _value(part: Part) -> Any:
    """What a part is: text, or a file."""
    header = Message()
    header["content-type"] = part.content_type or "text/plain"
    if part.filename is None:
        return _text(header, part.content)
    kind = header.get_content_type()
    content = {"base64": base64.b64encode(part.content).decode()}
    if _is_text(kind) or kind == "application/json":
        content = {"text": _text(header, part.content)}
    return {"filename": part.filename, "content_type": kind, "size": len(part.content), **content}


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or kind == "application/xml" or kind.endswith("+xml")
