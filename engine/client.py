"""The Temporal client of every process, and the names of workflows on the server."""

import asyncio
import logging
from collections.abc import Sequence

from temporalio.client import Client, Interceptor
from temporalio.converter import DataConverter
from temporalio.service import RPCError

from db.session import Database
from engine.blob_store import external_storage
from engine.converter import data_converter
from engine.data_keys import DataKeys
from engine.payload_codec import WorkspaceCodec
from engine.secrets import Encryption
from engine.settings import TemporalSettings

logger = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0


def workflow_id(run_id: str, attempt: int) -> str:
    """Id of the Temporal workflow that executes a run; each retry of an ended run is a workflow of its own."""
    return f"run-{run_id}" if attempt == 1 else f"run-{run_id}.{attempt}"


async def connect(
    settings: TemporalSettings,
    database: Database,
    interceptors: Sequence[Interceptor] = (),
    encryption: Encryption | None = None,
) -> Client:
    """A client that connects at its first call, and tries again at every call as long as the server is away."""
    return await Client.connect(
        settings.address,
        namespace=settings.namespace,
        data_converter=converter_of(database, encryption),
        interceptors=interceptors,
        lazy=True,
    )


async def connect_now(
    settings: TemporalSettings,
    database: Database,
    interceptors: Sequence[Interceptor] = (),
    encryption: Encryption | None = None,
) -> Client:
    """A client with an open connection, as a worker needs it; waits for the server as long as it takes."""
    pause = _FIRST_PAUSE
    while True:
        try:
            return await Client.connect(
                settings.address,
                namespace=settings.namespace,
                data_converter=converter_of(database, encryption),
                interceptors=interceptors,
            )
        except (RuntimeError, RPCError) as error:
            logger.warning("temporal is not reachable at %s: %s", settings.address, error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


def converter_of(database: Database, encryption: Encryption | None = None) -> DataConverter:
    """The data converter of a process: large payloads go to the database, all are encrypted if a key is configured.

    Args:
        database: Where blobs and data keys are.
        encryption: What wraps the data keys; without it nothing is encrypted and nothing encrypted can be read.
    """
    if encryption is None:
        return data_converter(external_storage(database))
    codec = WorkspaceCodec(DataKeys(database, encryption), encrypts=encryption.encrypts_payloads)
    return data_converter(external_storage(database), codec)
