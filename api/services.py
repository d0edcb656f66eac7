"""What the routes share: built once by the composition root, handed to each request."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from temporalio.client import Client

from api.workflows.version_cache import VersionCache
from db.event_stream import EventHub
from db.session import Database
from engine.dispatcher import Dispatcher


@dataclass(frozen=True)
class Services:
    """Everything a request may need."""

    database: Database
    temporal: Client
    dispatcher: Dispatcher
    events: EventHub
    versions: VersionCache
    workspace_id: UUID
    """Workspace of the one token; accounts with workspaces of their own replace it."""


# Coroutines, although they wait for nothing: FastAPI would run plain functions in a thread, for half a millisecond.


async def _services(request: Request) -> Services:
    return _of(request)


CurrentServices = Annotated[Services, Depends(_services)]
"""Parameter type of a route that needs the services."""


async def _workspace(request: Request) -> UUID:
    return _of(request).workspace_id


CurrentWorkspace = Annotated[UUID, Depends(_workspace)]
"""Parameter type of a route: the workspace that the caller's token belongs to."""


def _of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services
