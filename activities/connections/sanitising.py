"""What of an answer may be seen: no secrets, tokens or cookies, whoever sent them along."""

import re
from collections.abc import Mapping
from typing import Any, Final

from engine.redaction import Redactor
from schemas.errors import PerdureError

REMOVED: Final = "[removed]"

_HEADERS: Final = frozenset(
    {"content-type", "content-language", "date", "etag", "last-modified", "link", "location", "retry-after"}
    | {"x-request-id", "x-total-count"}
)
"""The only headers that are told; no cookie and no credential comes in any of them."""

_RATE: Final = re.compile(r"x-ratelimit-[a-z-]+|ratelimit(-[a-z]+)?")
_SECRET_NAMES: Final = re.compile(
    r"(^|[_-])(access|refresh|id|auth|bearer|session|csrf|bot|api|secret|private|service)[_-]?(token|key|secret)s?$"
    r"|^(token|password|passwd|passphrase|secret|client[_-]?secret|authorization|cookie|set-?cookie|credentials?|jwt"
    r"|code[_-]?verifier|assertion)$",
    re.IGNORECASE,
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TOKENS: Final = re.compile(
    r"\b(?:xox[a-z]-[A-Za-z0-9-]{8,}"  # Slack
    r"|xoxe\.[A-Za-z0-9.-]{8,}"
    r"|gh[opsur]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"
    r"|ya29\.[A-Za-z0-9_-]{10,}|1//0[A-Za-z0-9_-]{20,}"  # Google
    r"|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # JSON Web Tokens
    r"|hvs\.[A-Za-z0-9_-]{20,}"  # HashiCorp Vault
    r"|sk-[A-Za-z0-9_-]{20,}|AKIA[A-Z0-9]{16})"
    r"|(?<=[Bb]earer )[A-Za-z0-9._~+/-]{16,}=*"
)


def sanitised_headers(headers: Mapping[str, str], redactor: Redactor) -> dict[str, str]:
    """The headers of an answer that may be seen."""
    kept = {name: value for name, value in headers.items() if name in _HEADERS or _RATE.fullmatch(name)}
    return {name: sanitised_text(value, redactor) for name, value in kept.items()}


def sanitised(value: Any, redactor: Redactor) -> Any:
    """A JSON value without secrets: known ones, those that look like tokens, and fields that are named like them."""
    return _without(redactor.value(value))


def sanitised_text(text: str, redactor: Redactor) -> str:
    """A text without secrets."""
    return _TOKENS.sub(REMOVED, redactor.text(text))


def sanitised_error(error: PerdureError, redactor: Redactor) -> PerdureError:
    """The same error; what it quotes of an answer holds no secret any more."""
    shown = PerdureError(
        error.code,
        sanitised_text(error.info.message, redactor),
        retry_after=error.retry_after,
        details=sanitised(error.info.details, redactor),
    )
    return shown.with_traceback(error.__traceback__)


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret."""
    return _SECRET_NAMES.search(_CAMEL.sub("_", name)) is not None


def _without(value: Any) -> Any:
    if isinstance(value, str):
        return _TOKENS.sub(REMOVED, value)
    if isinstance(value, list):
        return [_without(item) for item in value]
    if isinstance(value, dict):
        return {key: REMOVED if _hides(key, item) else _without(item) for key, item in value.items()}
    return value


def _hides(key: str, value: Any) -> bool:
    """Numbers and switches of such a name, as in counts of tokens, say nothing secret."""
    return is_secret_name(key) and value not in (None, "") and not isinstance(value, bool | int | float)
