"""Route by which Temporal's web interface shows payloads in the clear; its codec endpoint is `<address>/codec`."""

import base64
import logging
from typing import Final

from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter

from api.access.caller import CurrentCaller
from api.errors import RequestError
from api.privacy.models import EncodedPayload, Payloads
from api.requests import router as feature_router
from api.services import CurrentServices
from db import audit
from engine.blob_store import fetched
from engine.payload_codec import WorkspaceCodec
from engine.payload_marks import WORKSPACE_KEY
from schemas.errors import ErrorCode, PerdureError

logger = logging.getLogger(__name__)

router = feature_router("privacy")


MAX_BYTES: Final = 64 * 1024 * 1024
"""About so much is read and answered for one request; a few bytes of reference may stand for many megabytes."""


@router.post("/codec/decode", operation_id="decode_payloads")
async def decode_payloads(services: CurrentServices, caller: CurrentCaller, body: Payloads) -> Payloads:
    """Payloads of the caller's workspace in the clear, stored ones included; all others as they came.

    So does what would make the answer larger than some tens of megabytes.
    """
    payloads = [_read(payload) for payload in body.payloads]
    decoder = _Decoder(services.temporal.data_converter, str(caller.workspace_id))
    decoded = [await decoder.decoded(payload) for payload in payloads]
    shown = sum(one is not other for one, other in zip(payloads, decoded, strict=True))
    if shown:
        async with services.database.tenant(caller.workspace_id) as session:
            after = {"payloads": shown}
            audit.record(session, caller.actor, "payloads.decoded", ("workspace", caller.workspace_id), after=after)
    return Payloads(payloads=[_written(payload) for payload in decoded])


class _Decoder:
    """Decodes payloads of a workspace, equal ones once, until it has done its share."""

    def __init__(self, converter: DataConverter, workspace_id: str) -> None:
        self._converter, self._workspace_id = converter, workspace_id
        self._known: dict[bytes, Payload] = {}
        self._left = MAX_BYTES

    async def decoded(self, payload: Payload) -> Payload:
        """The payload in the clear, or as it came."""
        if self._left <= 0:
            return payload
        name = payload.SerializeToString(deterministic=True)
        if name not in self._known:
            self._known[name] = await self._plain(payload)
        plain = self._known[name]
        # Equal ones are decoded once, but stand in the answer as often as they were asked for.
        self._left -= plain.ByteSize()
        return plain

    async def _plain(self, payload: Payload) -> Payload:
        codec = self._converter.payload_codec
        if not isinstance(codec, WorkspaceCodec):
            return payload
        try:
            stored = await fetched(self._converter, payload, self._workspace_id)
            if stored.metadata.get(WORKSPACE_KEY) != self._workspace_id.encode():
                return payload
            self._left -= stored.ByteSize()
            [plain] = await codec.decode([stored])
        except PerdureError as error:
            logger.info("a payload cannot be shown: %s", error)
            return payload
        return plain


def _read(payload: EncodedPayload) -> Payload:
    try:
        metadata = {name: base64.b64decode(value, validate=True) for name, value in payload.metadata.items()}
        return Payload(metadata=metadata, data=base64.b64decode(payload.data, validate=True))
    except ValueError:
        raise RequestError(ErrorCode.INVALID_REQUEST, "`payloads`: write metadata and data in base64.") from None


def _written(payload: Payload) -> EncodedPayload:
    metadata = {name: base64.b64encode(value).decode() for name, value in payload.metadata.items()}
    return EncodedPayload(metadata=metadata, data=base64.b64encode(payload.data).decode())
