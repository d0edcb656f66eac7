"""Reads `multipart/form-data` (RFC 7578): fields and files, whole or not at all."""

from dataclasses import dataclass
from email.message import Message
from typing import Final

from schemas.errors import ErrorCode, PerdureError

TYPE: Final = "multipart/form-data"
MAX_PARTS: Final = 1_000

_MAX_BOUNDARY: Final = 70
_MAX_HEADERS: Final = 8_192
_PLAIN: Final = ("", "7bit", "8bit", "binary")


@dataclass(frozen=True)
class Part:
    """One field, or one file."""

    name: str
    filename: str | None
    """Nothing for a field."""
    content_type: str
    """As it was said; nothing for a field that says none."""
    content: bytes


def parse_multipart(content_type: str, raw: bytes) -> list[Part]:
    """The parts of a body, in order.

    Raises:
        PerdureError: `invalid_request`.
    """
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_boundary() or ""
    if not 1 <= len(boundary) <= _MAX_BOUNDARY or not boundary.isascii():
        raise _refused("its boundary is missing or too long")
    # What stands before the first boundary and behind the last belongs to nobody.
    _, *pieces = (b"\r\n" + raw).split(b"\r\n--" + boundary.encode())
    parts: list[Part] = []
    for piece in pieces:
        if piece.startswith(b"--"):
            return parts
        if len(parts) >= MAX_PARTS:
            raise _refused(f"it has more than {MAX_PARTS:,} parts")
        parts.append(_part(piece))
    raise _refused("its end is missing")


def _part(piece: bytes) -> Part:
    padding, found, rest = piece.partition(b"\r\n")
    if not found or padding.strip(b" \t"):
        raise _refused("a boundary does not end its line")
    head, found, content = (b"\r\n" + rest).partition(b"\r\n\r\n")
    if not found or len(head) > _MAX_HEADERS:
        raise _refused("the headers of a part do not end")
    headers = _headers(head)
    if headers.get_content_disposition() != "form-data":
        raise _refused("a part does not say that it is form-data")
    name = headers.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise _refused("a part has no name")
    if str(headers.get("content-transfer-encoding", "")).strip().lower() not in _PLAIN:
        raise _refused("a part is encoded once more (Content-Transfer-Encoding)")
    return Part(name, headers.get_filename(), str(headers.get("content-type", "")), content)


def _headers(head: bytes) -> Message:
    headers = Message()
    try:
        lines = head.decode().split("\r\n")
    except UnicodeDecodeError:
        raise _refused("the headers of a part are not UTF-8") from None
    for line in filter(None, lines):
        name, colon, value = line.partition(":")
        if not colon or not name.strip() or name[:1] in " \t":
            raise _refused("a header of a part cannot be read")
        headers[name.strip()] = value.strip()
    return headers


def _refused(why: str) -> PerdureError:
    return PerdureError(ErrorCode.INVALID_REQUEST, f"The {TYPE} body cannot be read: {why}.")
