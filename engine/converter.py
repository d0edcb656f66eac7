"""How values become Temporal payloads: pydantic JSON, tagged with their workspace; plans travel as references.

- `Message`: JSON with the metadata `perdure-workspace`, so that the blob store knows for whom to keep it; without it,
  and so never encrypted, if it holds `only_ids`.
- `PlanRef`: the reference that the SDK itself writes for a stored payload; it arrives as the `Plan`.
- `Plan`: the same reference again if this process loaded it from the store, else JSON.
"""

from typing import Any, Final

from temporalio.api.common.v1 import Payload
from temporalio.api.sdk.v1.external_storage_pb2 import ExternalStorageReference
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    ExternalStorage,
    JSONPlainPayloadConverter,
    JSONProtoPayloadConverter,
    PayloadCodec,
)

from engine.payload_marks import BLOB_KEY, WORKSPACE_KEY
from engine.plan_cache import PLANS, PlanOrigin
from schemas.messages import Message, PlanRef
from schemas.plan import Plan, plan_bytes

DRIVER_NAME: Final = "perdure-blobs"
"""Name under which references in history find their driver; never changes."""


def reference_payload(origin: PlanOrigin) -> Payload:
    """What the SDK writes into history for a payload that it gave to the blob store."""
    reference = ExternalStorageReference(
        driver_name=DRIVER_NAME, claim_data={"workspace": origin.workspace_id, "hash": origin.blob_hash}
    )
    payload = JSONProtoPayloadConverter().to_payload(reference)
    if payload is None:
        raise TypeError("external storage reference did not convert")
    payload.external_payloads.add().size_bytes = origin.size
    return payload


def plan_payload(workspace_id: str, plan: Plan) -> Payload:
    """The payload of a plan as it is stored at publish."""
    return Payload(
        metadata={"encoding": b"json/plain", WORKSPACE_KEY: workspace_id.encode()},
        data=plan_bytes(plan),
    )


class MessageConverter(PydanticJSONPlainPayloadConverter):
    """Pydantic JSON with workspace tags and shared plans."""

    def to_payload(self, value: Any) -> Payload | None:
        """See base class."""
        if isinstance(value, PlanRef):
            return reference_payload(PlanOrigin(value.workspace_id, value.blob_hash, value.size))
        if isinstance(value, Plan) and (origin := PLANS.origin(value)) is not None:
            return reference_payload(origin)
        payload = super().to_payload(value)
        if payload is not None and isinstance(value, Message) and not value.only_ids:
            payload.metadata[WORKSPACE_KEY] = value.workspace_id.encode()
        return payload

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """See base class."""
        if type_hint is Plan:
            return PLANS.get(payload.data, _origin_of(payload), Plan.model_validate_json)
        return super().from_payload(payload, type_hint)


def _origin_of(payload: Payload) -> PlanOrigin | None:
    workspace, blob = payload.metadata.get(WORKSPACE_KEY), payload.metadata.get(BLOB_KEY)
    if workspace is None or blob is None:
        return None
    return PlanOrigin(workspace.decode(), blob.decode(), payload.ByteSize())


# Shared, because the SDK makes a converter per workflow and each would build its own type adapters (milliseconds).
_MESSAGES = MessageConverter()


class PerdurePayloadConverter(CompositePayloadConverter):
    """The SDK's converters with ours in place of plain JSON."""

    def __init__(self) -> None:
        super().__init__(
            *(
                _MESSAGES if isinstance(converter, JSONPlainPayloadConverter) else converter
                for converter in DefaultPayloadConverter.default_encoding_payload_converters
            )
        )


def data_converter(external_storage: ExternalStorage | None = None, codec: PayloadCodec | None = None) -> DataConverter:
    """The one data converter of every client and worker.

    Args:
        external_storage: `engine.blob_store.external_storage(...)`; without it nothing large can travel.
        codec: `engine.payload_codec.WorkspaceCodec`; without it everything travels in the clear.
    """
    return DataConverter(
        payload_converter_class=PerdurePayloadConverter,
        # The texts of errors quote what they are about, so they are encrypted with it.
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes if codec else DefaultFailureConverter,
        payload_codec=codec,
        external_storage=external_storage,
    )
