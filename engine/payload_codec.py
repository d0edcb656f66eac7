"""Encrypts what Temporal keeps, under a key of the workspace that it belongs to (docs/decisions/0016).

    encrypted payload   metadata  encoding = binary/perdure-encrypted, perdure-workspace, perdure-key
                        data      version 0x01 | seed (28 bytes) | ciphertext and tag of the whole payload

Key and nonce of each payload follow from the data key and the seed, so that no number of payloads wears a key out.
The ciphertext is bound to workspace and key: moved to another workspace it cannot be read there.
"""

import hashlib
import hmac
import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from engine.data_keys import DataKey, DataKeys
from engine.payload_marks import ENCODING, KEY_KEY, WORKSPACE_KEY
from engine.secrets.keyring import UnreadableError
from schemas.limits import OFFLOAD_BYTES

_VERSION: Final = b"\x01"
_SALT: Final = 16
_SEED: Final = 28
_STORED: Final = (b"binary/null", b"json/external-storage-reference", ENCODING)
_REFERENCE_TYPE: Final = b"temporal.api.sdk.v1.ExternalStorageReference"
_MOST_HOMES: Final = 50_000


@dataclass
class Homes:
    """To which workspace each workflow belongs, as this process has seen; the first payload of a workflow says it."""

    _known: "OrderedDict[str, str]" = field(default_factory=OrderedDict)

    def of(self, workflow_id: str | None) -> str | None:
        """The workspace of a workflow, if it is known."""
        return None if workflow_id is None else self._known.get(workflow_id)

    def learn(self, workflow_id: str | None, workspace_id: str) -> None:
        """A payload of this workflow belongs to this workspace.

        Raises:
            UnreadableError: another workspace's payloads are in the same workflow.
        """
        if workflow_id is None:
            return
        if self._known.setdefault(workflow_id, workspace_id) != workspace_id:
            raise UnreadableError(f"Workflow {workflow_id} holds a payload of another workspace; it is refused.")
        self._known.move_to_end(workflow_id)
        if len(self._known) > _MOST_HOMES:
            self._known.popitem(last=False)


class WorkspaceCodec(PayloadCodec, WithSerializationContext):
    """The codec of every client and worker. Decrypts whatever is encrypted; encrypts if a key is configured.

    Args:
        keys: Keys of workspaces.
        encrypts: Whether what is written is encrypted.
    """

    def __init__(self, keys: DataKeys, *, encrypts: bool = True) -> None:
        self.keys = keys
        self._encrypts = encrypts
        self._homes = Homes()
        self._workflow_id: str | None = None

    def with_context(self, context: SerializationContext) -> "WorkspaceCodec":
        """See base class."""
        workflow_id = None
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            workflow_id = context.workflow_id
        if workflow_id == self._workflow_id:
            return self
        bound = WorkspaceCodec.__new__(WorkspaceCodec)
        bound.keys, bound._encrypts, bound._homes = self.keys, self._encrypts, self._homes
        bound._workflow_id = workflow_id
        return bound

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See base class."""
        return [await self._encoded(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See base class.

        Raises:
            PerdureError: `data_erased` if the key is destroyed; `missing_credential` if it is not there, or the payload
                was damaged or comes from another workspace.
        """
        return [await self._decoded(payload) for payload in payloads]

    async def _encoded(self, payload: Payload) -> Payload:
        tag = payload.metadata.get(WORKSPACE_KEY)
        if tag is not None:
            workspace_id: str | None = tag.decode()
            self._homes.learn(self._workflow_id, tag.decode())
        else:
            workspace_id = self._homes.of(self._workflow_id)
        # Nothing that a person wrote travels without a workspace: every argument and result is a `Message`.
        if not self._encrypts or workspace_id is None or is_open(payload):
            return payload
        key = self.keys.kept(workspace_id) or await self.keys.current(workspace_id)
        return sealed(key, payload)

    async def _decoded(self, payload: Payload) -> Payload:
        tag = payload.metadata.get(WORKSPACE_KEY)
        if tag is not None:
            self._homes.learn(self._workflow_id, tag.decode())
        if payload.metadata.get("encoding") != ENCODING or tag is None:
            return payload
        workspace_id, key_id = tag.decode(), _key_id(payload)
        key = self.keys.kept(workspace_id, key_id) or await self.keys.find(workspace_id, key_id)
        return opened(key, payload)


def _key_id(payload: Payload) -> str:
    """Under which key a payload says that it was encrypted.

    Raises:
        UnreadableError: it names none.
    """
    try:
        return str(UUID(payload.metadata.get(KEY_KEY, b"").decode()))
    except ValueError:
        raise UnreadableError("A payload cannot be read: it does not name the key it was encrypted with.") from None


def is_open(payload: Payload) -> bool:
    """Whether a payload stays as it is: it holds nothing, is encrypted already, or only names a stored one."""
    encoding = payload.metadata.get("encoding")
    return encoding in _STORED or (
        encoding == b"json/protobuf" and payload.metadata.get("messageType") == _REFERENCE_TYPE
    )


def sealed(key: DataKey, payload: Payload) -> Payload:
    """The payload, encrypted."""
    plain = payload.SerializeToString(deterministic=True)
    # Large ones go to the blob store, where equal ones share a row: there the seed follows from the content.
    seed = os.urandom(_SEED) if len(plain) < OFFLOAD_BYTES else hmac.digest(key.secret, plain, hashlib.sha256)[:_SEED]
    cipher, nonce = _cipher(key, seed)
    return Payload(
        metadata={"encoding": ENCODING, WORKSPACE_KEY: key.workspace_id.encode(), KEY_KEY: key.id.encode()},
        data=_VERSION + seed + cipher.encrypt(nonce, plain, _binding(key)),
    )


def opened(key: DataKey, payload: Payload) -> Payload:
    """The payload that was encrypted.

    Raises:
        UnreadableError: it was damaged, or was encrypted for another workspace or with another key.
    """
    data = payload.data
    try:
        if data[:1] != _VERSION:
            raise ValueError("version")
        cipher, nonce = _cipher(key, data[1 : 1 + _SEED])
        return Payload.FromString(cipher.decrypt(nonce, data[1 + _SEED :], _binding(key)))
    except (InvalidTag, ValueError):
        raise UnreadableError("A payload cannot be read: it was damaged, or belongs to another workspace.") from None


def _cipher(key: DataKey, seed: bytes) -> tuple[AESGCM, bytes]:
    """Cipher and nonce of one payload."""
    secret = hmac.digest(key.secret, b"perdure/payload/1" + seed[:_SALT], hashlib.sha256)
    return AESGCM(secret), seed[_SALT:]


def _binding(key: DataKey) -> bytes:
    return f"perdure/payload/1/{key.workspace_id}/{key.id}".encode()
