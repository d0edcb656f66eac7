"""The one place where vendors' errors become ours.

    HTTP status or the type of an error event -> code      _BY_STATUS, _BY_KIND
    time-out, broken connection, unreadable stream -> code by the exception's class
    an answer that is no use (refused, cut, empty, too short) -> code by `judge`

A message never holds a key: what vendors say is passed on only where it helps, and with everything key-like removed.
"""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from activities.llm.reply import Reply
from activities.llm.retry_after import retry_after
from activities.llm.routing import Route
from activities.text import clean_text
from schemas.conversation import Finish
from schemas.errors import ErrorCode, PerdureError

CONTEXT_TOO_LONG = "context_too_long"
QUOTA = "quota"
_MAX_VENDOR_CHARS = 500
_MAX_CAUSES = 8
_KEY_LIKE = re.compile(r"\b(?:sk|pk|rk|gsk|xai|key|hf|AIza)[-_][\w*.-]{4,}|AIza[\w-]{10,}|(?i:bearer)\s+\S+")

_TIMEOUTS = (
    "openai.APITimeoutError",
    "anthropic.APITimeoutError",
    "httpx.TimeoutException",
    "httpx2.TimeoutException",
)
_CONNECTION_ERRORS = (
    "openai.APIConnectionError",
    "anthropic.APIConnectionError",
    "httpx.TransportError",
    "httpx2.TransportError",
    "aiohttp.ClientConnectionError",
    "aiohttp.ClientPayloadError",
)
_BY_STATUS = {
    401: ErrorCode.AUTH_FAILED,
    402: ErrorCode.AUTH_FAILED,
    403: ErrorCode.AUTH_FAILED,
    404: ErrorCode.UNKNOWN_MODEL,
    408: ErrorCode.TIMEOUT,
    409: ErrorCode.UPSTREAM_FAILED,
    425: ErrorCode.UPSTREAM_FAILED,
    429: ErrorCode.RATE_LIMITED,
    504: ErrorCode.TIMEOUT,
}
_BY_KIND = {
    "authentication_error": ErrorCode.AUTH_FAILED,
    "permission_error": ErrorCode.AUTH_FAILED,
    "billing_error": ErrorCode.AUTH_FAILED,
    "not_found_error": ErrorCode.UNKNOWN_MODEL,
    "rate_limit_error": ErrorCode.RATE_LIMITED,
    "rate_limit_exceeded": ErrorCode.RATE_LIMITED,
    "timeout_error": ErrorCode.TIMEOUT,
    "invalid_request_error": ErrorCode.INVALID_CONFIG,
}
_QUOTA_KINDS = {"insufficient_quota", "billing_error", "billing_not_active", "billing_hard_limit_reached"}
_CONTEXT_KINDS = {"context_length_exceeded", "request_too_large", "string_above_max_length"}
_CONTENT_KINDS = {"content_policy_violation", "content_filter", "invalid_prompt"}
# Anthropic and most vendors behind LiteLLM have no code for a prompt that is too long, only these sentences.
_CONTEXT_TEXT = re.compile(r"prompt is too long|maximum context length|context window|input is too long", re.IGNORECASE)
_FALL_BACK = {
    ErrorCode.UNKNOWN_MODEL,
    ErrorCode.RATE_LIMITED,
    ErrorCode.UPSTREAM_FAILED,
    ErrorCode.NETWORK,
    ErrorCode.TIMEOUT,
    ErrorCode.STREAM_CUT,
    ErrorCode.OUTPUT_INVALID,
}


@dataclass(frozen=True)
class _VendorError:
    """What a vendor's exception says, whichever library raised it."""

    status: int | None
    kinds: frozenset[str]
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def quota(self) -> bool:
        return self.status == 402 or bool(self.kinds & _QUOTA_KINDS)

    @property
    def too_long(self) -> bool:
        if self.status == 413 or self.kinds & _CONTEXT_KINDS:
            return True
        return self.status == 400 and _CONTEXT_TEXT.search(self.message) is not None


def translate(error: Exception, route: Route, reply: Reply, secrets: tuple[str, ...] = ()) -> PerdureError | None:
    """Our error for whatever a provider raised; None for an exception that nobody expects."""
    if isinstance(error, PerdureError):
        return error
    # LiteLLM wraps what breaks in mid-stream.
    error = getattr(error, "original_exception", None) or error
    causes = _causes(error)
    if (ours := next((cause for cause in causes if isinstance(cause, PerdureError)), None)) is not None:
        return ours
    if any(isinstance(cause, TimeoutError) or _is_a(cause, _TIMEOUTS) for cause in causes):
        return _named(ErrorCode.TIMEOUT, route, "did not answer in time")
    if any(isinstance(cause, json.JSONDecodeError | UnicodeDecodeError) for cause in causes):
        return _named(ErrorCode.UPSTREAM_FAILED, route, "sent something that is not JSON")
    if any(_is_a(cause, _CONNECTION_ERRORS) for cause in causes):
        return _broken(route, reply)
    vendor = _read(error)
    return None if vendor is None else _translated(vendor, route, secrets)


def judge(reply: Reply, route: Route, structured: bool, tools: bool = False) -> None:
    """Refuse an answer that is no use.

    Raises:
        PerdureError: `stream_cut` if it has no end, `content_refused`, `output_invalid` if it is empty, asks for a
            tool, or is data that was cut off by the token limit, `invalid_config` if the conversation was too long.
    """
    if reply.finish is None:
        raise _named(ErrorCode.STREAM_CUT, route, "stopped before its answer was complete")
    if reply.finish is Finish.REFUSED:
        why = f": {_shown(reply.refusal)}" if reply.refusal else "; reword the prompt or use another model."
        raise _named(ErrorCode.CONTENT_REFUSED, route, "refused to answer", why)
    if reply.calls and tools:
        return
    if reply.finish is Finish.CONTEXT_FULL and (structured or not reply.text):
        raise _too_long(route)
    if reply.finish is Finish.LENGTH and (structured or not reply.text):
        raise _named(
            ErrorCode.OUTPUT_INVALID, route, "reached max_tokens before its answer was complete", "; raise max_tokens."
        )
    if not reply.text:
        called = reply.calls or reply.finish is Finish.TOOL_CALLS
        what = "asked for a tool that it was not given" if called and not tools else "gave an empty answer"
        raise _named(ErrorCode.OUTPUT_INVALID, route, what)


def unusable(problem: Exception, route: Route) -> PerdureError:
    """The error of a model that gave unusable data twice."""
    return _named(ErrorCode.OUTPUT_INVALID, route, "twice gave data that does not fit output_schema", f": {problem}")


def may_fall_back(error: PerdureError) -> bool:
    """Whether another model may do better: not where the step itself or a key is wrong, nor after a refusal."""
    return error.code in _FALL_BACK or error.info.details.get("reason") in (CONTEXT_TOO_LONG, QUOTA)


def _translated(vendor: _VendorError, route: Route, secrets: tuple[str, ...]) -> PerdureError:
    if vendor.too_long:
        return _too_long(route)
    if vendor.kinds & _CONTENT_KINDS:
        return _named(ErrorCode.CONTENT_REFUSED, route, "refused the prompt", "; reword it or use another model.")
    if vendor.quota:
        return _named(
            ErrorCode.AUTH_FAILED, route, "has no credit left for us", "; add some at the provider.", reason=QUOTA
        )
    code = _code(vendor)
    wait = retry_after(vendor.headers)
    what, rest = _sentence(code, vendor, secrets)
    return _named(code, route, what, rest, retry_after=wait, status=vendor.status)


def _code(vendor: _VendorError) -> ErrorCode:
    if vendor.status in _BY_STATUS:
        return _BY_STATUS[vendor.status]
    if vendor.status is not None and vendor.status >= 400:
        return ErrorCode.UPSTREAM_FAILED if vendor.status >= 500 else ErrorCode.INVALID_CONFIG
    return next((_BY_KIND[kind] for kind in vendor.kinds if kind in _BY_KIND), ErrorCode.UPSTREAM_FAILED)


def _sentence(code: ErrorCode, vendor: _VendorError, secrets: tuple[str, ...]) -> tuple[str, str]:
    status = f" (status {vendor.status})" if vendor.status and vendor.status >= 400 else ""
    if code is ErrorCode.AUTH_FAILED:
        return f"did not accept our key{status}", "; check the key and what it may use."
    if code is ErrorCode.UNKNOWN_MODEL:
        return f"does not know this model{status}", "; check its name and that the key may use it."
    if code is ErrorCode.RATE_LIMITED:
        return f"wants to be asked less often{status}", "."
    if code is ErrorCode.INVALID_CONFIG:
        return f"did not accept the request{status}", f": {_shown(vendor.message, secrets)}"
    return f"failed{status}", "."


def _too_long(route: Route) -> PerdureError:
    return _named(
        ErrorCode.INVALID_CONFIG,
        route,
        "cannot take a prompt this long",
        "; shorten the prompt, split the work, or use a model with a larger context.",
        reason=CONTEXT_TOO_LONG,
    )


def _broken(route: Route, reply: Reply) -> PerdureError:
    if reply.started:
        return _named(ErrorCode.STREAM_CUT, route, "broke off in the middle of its answer")
    return _named(ErrorCode.NETWORK, route, "could not be reached")


def _named(
    code: ErrorCode, route: Route, what: str, rest: str = ".", *, retry_after: float | None = None, **details: Any
) -> PerdureError:
    """An error about a model, such as: The provider of gpt-4o (openai) failed."""
    message = f"The provider of {route.model} ({route.vendor}) {what}{rest}"
    return PerdureError(
        code, message, retry_after=retry_after, details={"model": route.model, "vendor": route.vendor.value, **details}
    )


def _read(error: Exception) -> _VendorError | None:
    status = getattr(error, "status_code", None)
    body = getattr(error, "body", None)
    if status is None and not _is_a(error, ("openai.OpenAIError", "anthropic.AnthropicError")):
        return None
    body = body if isinstance(body, dict) else _embedded(str(error))
    inner = body.get("error", body)
    inner = inner if isinstance(inner, dict) else {}
    named = (getattr(error, "code", None), getattr(error, "type", None), inner.get("code"), inner.get("type"))
    message = inner.get("message") or getattr(error, "message", None) or str(error)
    headers = getattr(error, "litellm_response_headers", None) or getattr(
        getattr(error, "response", None), "headers", None
    )
    return _VendorError(
        status=status if isinstance(status, int) else None,
        kinds=frozenset(kind for kind in (*named, *_kinds_of_class(error)) if isinstance(kind, str)),
        message=str(message),
        headers=headers or {},
    )


def _embedded(text: str) -> dict[str, Any]:
    """The vendor's error body, which LiteLLM puts into the text of its exceptions."""
    try:
        found = json.JSONDecoder().raw_decode(text, text.index("{"))[0]
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _kinds_of_class(error: Exception) -> tuple[str, ...]:
    """LiteLLM tells these two apart by class only."""
    if _is_a(error, ("litellm.ContextWindowExceededError",)):
        return ("context_length_exceeded",)
    return ("content_policy_violation",) if _is_a(error, ("litellm.ContentPolicyViolationError",)) else ()


def _causes(error: BaseException) -> list[BaseException]:
    """The exception and what led to it; LiteLLM reports many things as broken connections."""
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and len(found) < _MAX_CAUSES:
        found.append(cause)
        cause = cause.__cause__ or cause.__context__
    return found


def _is_a(error: BaseException, names: tuple[str, ...]) -> bool:
    """Whether the exception is of one of these classes; a library that is not loaded cannot have raised it."""
    for name in names:
        module, _, attribute = name.partition(".")
        kind = getattr(sys.modules.get(module), attribute, None)
        if kind is not None and isinstance(error, kind):
            return True
    return False


def _shown(text: str, secrets: tuple[str, ...] = ()) -> str:
    """What a vendor said, fit to be shown: short, storable, without anything like a key."""
    for secret in secrets:
        text = text.replace(secret, "***")
    text = clean_text(_KEY_LIKE.sub("***", text))
    return text if len(text) <= _MAX_VENDOR_CHARS else text[: _MAX_VENDOR_CHARS - 1] + "…"
