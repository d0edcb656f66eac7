"""`notify`: a webhook signed by the Standard Webhooks rules (https://www.standardwebhooks.com)."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson
from standardwebhooks.webhooks import Webhook

from activities.egress import EgressRequest
from activities.step import Outcome, StepContext
from activities.text import clean_output
from schemas.errors import ErrorCode, PerdureError
from schemas.nodes.notify import SPEC, NotifyConfig

MIN_KEY_BYTES = 16
"""Standard Webhooks asks for 24; shorter ones are in use."""


async def run(config: NotifyConfig, context: StepContext) -> Outcome:
    """Sends the webhook; id and body are the same on every attempt, so that a receiver can tell a repeat.

    Raises:
        PerdureError: `missing_credential` without a usable secret, and what `Egress.send` raises.
    """
    identity = message_id(context.step.idempotency_key)
    body = _body(config, context.scheduled_at)
    opened = context.credentials.named(config.model_dump(include={"credential", "url"}), *SPEC.credential_types)
    secret = context.services.webhook_secret if opened is None else opened.secret["secret"]
    signed = _signed(secret, identity, body)
    if context.delivery is not None:
        context.delivery.key = identity
    response = await context.services.egress.send(
        EgressRequest(
            method="POST",
            url=config.url,
            headers={"content-type": "application/json", **signed},
            body=body.encode(),
            timeout=context.timeout,
            # A redirect would deliver the event to somebody that nobody chose.
            follow_redirects=False,
            keep_body=False,
            watch=context.delivery,
        )
    )
    return Outcome(output={"status": response.status, "id": identity})


def message_id(idempotency_key: str) -> str:
    """The `webhook-id` of a step: tells nothing of the run, and never changes."""
    return "msg_" + hashlib.sha256(idempotency_key.encode()).hexdigest()[:32]


def _body(config: NotifyConfig, at: datetime) -> str:
    event: dict[str, Any] = {
        "type": config.type,
        "timestamp": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": clean_output(config.data),
    }
    return orjson.dumps(event).decode()


def _signed(secret: str, identity: str, body: str) -> dict[str, str]:
    now = datetime.now(UTC)
    signature = Webhook(_key(secret)).sign(identity, now, body)
    return {"webhook-id": identity, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}


def _key(secret: str) -> bytes:
    # The library would skip characters that are no base64 and sign with a key that nobody else has.
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if len(key) < MIN_KEY_BYTES:
        raise PerdureError(
            ErrorCode.MISSING_CREDENTIAL,
            "No usable webhook secret is configured; PERDURE_WEBHOOK_SECRET must be whsec_ and base64 of 24 bytes.",
        )
    return key
