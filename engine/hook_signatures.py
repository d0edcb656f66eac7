"""Checks that a request comes from who says so, by the rules of those who send webhooks.

Standard Webhooks    webhook-id, webhook-timestamp, webhook-signature: base64 HMAC of `id.timestamp.body`
GitHub               x-hub-signature-256: hex HMAC of the body; no time, so only the delivery's id tells a repeat
Stripe               stripe-signature: t=…,v1=hex HMAC of `t.body`
Slack                x-slack-request-timestamp, x-slack-signature: v0=hex HMAC of `v0:timestamp:body`
Mailgun              fields timestamp, token, signature of the form: hex HMAC of `timestamp` and `token`
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

from engine.multipart import TYPE as MULTIPART
from engine.multipart import parse_multipart
from schemas.errors import ErrorCode, PerdureError
from schemas.hooks import Signature

HIDDEN: Final = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "stripe-signature",
        "webhook-signature",
        "x-api-key",
        "x-hub-signature",
        "x-hub-signature-256",
        "x-slack-signature",
    }
)
"""Headers that no log and no expression sees."""


@dataclass(frozen=True)
class Signed:
    """A request whose signature is looked at."""

    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    now: float
    tolerance: int

    def header(self, name: str) -> str:
        """A header.

        Raises:
            PerdureError: `unauthenticated` without it.
        """
        value = self.headers.get(name, "").strip()
        if not value:
            raise _refused(f"The header {name} is missing.")
        return value

    def fresh(self, timestamp: str) -> str:
        """A time that is recent enough.

        Raises:
            PerdureError: `unauthenticated`.
        """
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise _refused("The timestamp is no number of seconds.")
        if abs(self.now - int(timestamp)) > self.tolerance:
            raise _refused(f"The timestamp differs from the present by more than {self.tolerance} seconds.")
        return timestamp


def check_signature(style: Signature, secrets: Iterable[str], request: Signed) -> None:
    """Refuse a request that none of the secrets has signed.

    Raises:
        PerdureError: `unauthenticated`; the message says what to mend, and never what would have been right.
    """
    if style is Signature.NONE:
        return
    check = _CHECKS[style]
    if not any(check(secret, request) for secret in secrets):
        raise _refused("The signature does not fit the body and the secret.")


def standard_key(secret: str) -> bytes:
    """The key in a secret `whsec_…`; of any other text its bytes.

    Raises:
        ValueError: It begins so and is no base64.
    """
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("what follows whsec_ is not base64") from None


def default_delivery_id(style: Signature, headers: Mapping[str, str], body: Any) -> str | None:
    """What its sender calls a delivery, where it is told in the usual way; of what is signed, where anything is."""
    fields = body if isinstance(body, dict) else {}
    told: Any = {
        Signature.STANDARD: headers.get("webhook-id"),
        Signature.GITHUB: _github_id(headers, body),
        Signature.STRIPE: fields.get("id"),
        Signature.SLACK: fields.get("event_id") or fields.get("trigger_id"),
        Signature.MAILGUN: _first_text(fields.get("token")),
        Signature.NONE: headers.get("webhook-id") or headers.get("idempotency-key") or fields.get("MessageID"),
    }[style]
    return told if isinstance(told, str) and told else None


def _github_id(headers: Mapping[str, str], body: Any) -> str | None:
    """The id with a digest of the body: GitHub signs that alone, so the id of another body is another delivery."""
    told = headers.get("x-github-delivery")
    if not told:
        return None
    return f"{told}:{hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]}"


def _first_text(value: Any) -> Any:
    """A field of a form; of several of one name the one that is signed."""
    return next((one for one in value if isinstance(one, str)), None) if isinstance(value, list) else value


def _standard(secret: str, request: Signed) -> bool:
    identity = request.header("webhook-id")
    at = request.fresh(request.header("webhook-timestamp"))
    right = base64.b64encode(_hmac(standard_key(secret), f"{identity}.{at}.".encode() + request.body))
    given = (part.partition(",") for part in request.header("webhook-signature").split())
    return any(version == "v1" and _same(right.decode(), value) for version, _, value in given)


def _github(secret: str, request: Signed) -> bool:
    right = "sha256=" + _hmac(secret.encode(), request.body).hex()
    return _same(right, request.header("x-hub-signature-256"))


def _stripe(secret: str, request: Signed) -> bool:
    parts = [part.strip().partition("=") for part in request.header("stripe-signature").split(",")]
    at = request.fresh(next((value for name, _, value in parts if name == "t"), ""))
    right = _hmac(secret.encode(), f"{at}.".encode() + request.body).hex()
    return any(name == "v1" and _same(right, value) for name, _, value in parts)


def _slack(secret: str, request: Signed) -> bool:
    at = request.fresh(request.header("x-slack-request-timestamp"))
    right = "v0=" + _hmac(secret.encode(), f"v0:{at}:".encode() + request.body).hex()
    return _same(right, request.header("x-slack-signature"))


def _mailgun(secret: str, request: Signed) -> bool:
    fields = _fields(request)
    at, token, given = (fields.get(name, "") for name in ("timestamp", "token", "signature"))
    return _same(_hmac(secret.encode(), (request.fresh(at) + token).encode()).hex(), given)


def _fields(request: Signed) -> dict[str, str]:
    """The fields of a form, the first of each name; with files it comes as multipart."""
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() == MULTIPART:
        parts = [part for part in parse_multipart(kind, request.body) if part.filename is None]
        return {part.name: part.content.decode(errors="replace") for part in reversed(parts)}
    try:
        return {name: values[0] for name, values in parse_qs(request.body.decode(), max_num_fields=1_000).items()}
    except ValueError:
        raise _refused("The form cannot be read.") from None


_CHECKS: Final[dict[Signature, Callable[[str, Signed], bool]]] = {
    Signature.STANDARD: _standard,
    Signature.GITHUB: _github,
    Signature.STRIPE: _stripe,
    Signature.SLACK: _slack,
    Signature.MAILGUN: _mailgun,
}


def _hmac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()


def _same(right: str, given: str) -> bool:
    return hmac.compare_digest(right.encode(), given.encode("utf-8", "replace"))


def _refused(message: str) -> PerdureError:
    return PerdureError(ErrorCode.UNAUTHENTICATED, message)
