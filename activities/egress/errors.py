"""Says in our words what went wrong on the way out."""

import math
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore
import httpx

from activities.egress.urls import place
from activities.text import clean_text
from schemas.errors import ErrorCode, PerdureError

EXCERPT_CHARS = 500
EXCERPT_BYTES = 4 * EXCERPT_CHARS
_TRY_AGAIN = frozenset({408, 425})


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds of a `Retry-After` header, given as a number or as a date; None if it is neither."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        return _until(value, now or datetime.now(UTC))
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _until(value: str, now: datetime) -> float | None:
    try:
        then = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max((then - now).total_seconds(), 0.0)


def excerpt(body: bytes) -> str:
    """The beginning of an answer, fit for a message."""
    cut = len(body) >= EXCERPT_BYTES
    said = body.decode("utf-8", "replace")
    # Where the reading ended, a character may be cut in two.
    text = " ".join(clean_text(said.rstrip("\ufffd") if cut else said).split())
    # The mark also tells whoever looks for secrets that the last one may be cut off.
    return text[: EXCERPT_CHARS - 1] + "…" if cut or len(text) > EXCERPT_CHARS else text


def status_error(method: str, url: httpx.URL, response: httpx.Response, beginning: bytes) -> PerdureError:
    """The error that an unexpected status stands for."""
    status = response.status_code
    said = excerpt(beginning)
    text = f"{method} {place(url)} answered {status}" + (f": {said}" if said else ".")
    return PerdureError(
        _code(status), text, retry_after=retry_after(response.headers.get("retry-after")), details={"status": status}
    )


def _code(status: int) -> ErrorCode:
    if status == 429:
        return ErrorCode.RATE_LIMITED
    return ErrorCode.UPSTREAM_FAILED if status >= 500 or status in _TRY_AGAIN else ErrorCode.UPSTREAM_REFUSED


def transport_error(url: httpx.URL, error: Exception) -> PerdureError:
    """The error that a failure of the connection stands for. Its own text is not used: it may quote the request."""
    where = place(url)
    if isinstance(error, httpx.TimeoutException | httpcore.TimeoutException):
        return PerdureError(ErrorCode.TIMEOUT, f"{where} did not answer in time.")
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol | httpcore.LocalProtocolError):
        return PerdureError(ErrorCode.INVALID_CONFIG, f"The request to {where} is not valid HTTP.")
    if _is_certificate_fault(error):
        return PerdureError(ErrorCode.NETWORK, f"The TLS certificate of {where} cannot be trusted.")
    if isinstance(error, httpx.ConnectError | httpcore.ConnectError):
        return PerdureError(ErrorCode.NETWORK, f"{where} cannot be reached.")
    return PerdureError(ErrorCode.NETWORK, f"The connection to {where} broke before the answer was complete.")


def _is_certificate_fault(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
