"""All that stands in a run's history, decrypted, as text to look for secrets in."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHandle


async def history_text(client: Client, handle: WorkflowHandle[Any, Any]) -> str:
    """Every event as it is kept, with what each payload holds once it is decrypted."""
    events = (await handle.fetch_history()).events
    codec = client.data_converter.payload_codec
    found = [payload for event in events for payload in _payloads(event)]
    if codec is not None:
        found = list(await codec.decode(found))
    kept = [event.SerializeToString() for event in events]
    return b"".join([*kept, *(payload.SerializeToString() for payload in found)]).decode("latin-1")


def _payloads(message: Message) -> Iterator[Payload]:
    if isinstance(message, Payload):
        yield message
        return
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None:
            continue
        if descriptor.message_type.GetOptions().map_entry:
            value = value.values() if descriptor.message_type.fields_by_name["value"].message_type else ()
        elif isinstance(value, Message):
            value = [value]
        for part in value:
            yield from _payloads(part)
