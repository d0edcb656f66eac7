"""Posts a message to the address of a channel, which is itself a secret; signed by the Standard Webhooks rules."""

import base64
from datetime import UTC, datetime
from typing import Any, Final

import httpcore
import httpx
import orjson
from standardwebhooks.webhooks import Webhook

from activities.egress import Egress, EgressRequest
from activities.notify.smtp import LostAnswerError
from schemas.errors import ErrorCode, PerdureError

_TIMEOUT: Final = 30.0
_NOT_CONNECTED: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpcore.ConnectError, httpcore.ConnectTimeout)
_BROKEN: Final = (
    httpx.TransportError,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    TimeoutError,
)


async def post(egress: Egress, secret: dict[str, Any], identity: str, body: dict[str, Any]) -> None:
    """Send it.

    Args:
        egress: The only way out.
        secret: `url`, and `secret` (`whsec_…`) if the receiver checks signatures; `previous` signs too, until
            `previous_until`.
        identity: The same on every attempt.
        body: JSON.

    Raises:
        LostAnswerError: the request was sent, and its answer did not come.
        PerdureError: as `Egress.send`; the address is in no message.
    """
    url, raw = secret["url"], orjson.dumps(body)
    headers = {"content-type": "application/json"}
    if secret.get("secret"):
        headers |= _signed(_keys(secret), identity, raw.decode())
    request = EgressRequest("POST", url, headers, raw, timeout=_TIMEOUT, follow_redirects=False, keep_body=False)
    try:
        await egress.send(request)
    except PerdureError as error:
        message = _without(error.info.message, url)
        if _is_lost(error):
            raise LostAnswerError(ErrorCode.NETWORK, f"{message} It is sent again under the same id.") from None
        raise PerdureError(error.code, message, retry_after=error.retry_after, details=error.info.details) from None


def _keys(secret: dict[str, Any]) -> list[str]:
    counts = datetime.now(UTC).timestamp() < secret.get("previous_until", 0)
    return [secret["secret"], *([secret["previous"]] if counts else [])]


def _signed(keys: list[str], identity: str, body: str) -> dict[str, str]:
    now = datetime.now(UTC)
    signatures = [Webhook(base64.b64decode(key.removeprefix("whsec_"))).sign(identity, now, body) for key in keys]
    stamp = {"webhook-timestamp": str(int(now.timestamp())), "webhook-signature": " ".join(signatures)}
    return {"webhook-id": identity, **stamp}


def _is_lost(error: PerdureError) -> bool:
    return isinstance(error.__cause__, _BROKEN) and not isinstance(error.__cause__, _NOT_CONNECTED)


def _without(message: str, url: str) -> str:
    """The message without the address, which a receiver may repeat."""
    parsed = httpx.URL(url)
    path = parsed.raw_path.decode("ascii")
    for secret in (url, path, parsed.path):
        if len(secret) > 1:
            message = message.replace(secret, "…")
    return message
