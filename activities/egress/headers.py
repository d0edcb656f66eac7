"""Accepts the headers that a caller may set."""

import re
from collections.abc import Mapping

from schemas.errors import ErrorCode, PerdureError

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_VALUE = re.compile(r"[\t\x20-\x7e]{0,16000}")
_OURS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def accepted_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, if each is well-formed and the caller's to set.

    Raises:
        PerdureError: `invalid_config`, naming the header but never its value.
    """
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            raise PerdureError(ErrorCode.INVALID_CONFIG, "The name of a header holds characters that HTTP forbids.")
        if name.lower() in _OURS or name.lower().startswith("proxy-"):
            raise PerdureError(ErrorCode.INVALID_CONFIG, f"The header {name} is set by Perdure itself.")
        if not _VALUE.fullmatch(value):
            raise PerdureError(
                ErrorCode.INVALID_CONFIG,
                f"The value of the header {name} is too long or holds line breaks or characters beyond ASCII.",
            )
    return {name: value.strip() for name, value in headers.items()}
