"""What the routes share: built once by the composition root, handed to each request."""

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from temporalio.client import Client

from activities.egress import Egress
from api.access.directory import Directory
from api.access.tokens import Tokens
from api.sign_on.discovery import Discovery
from api.workflows.version_cache import VersionCache
from db.event_stream import EventHub
from db.session import Database
from engine.connection_settings import NO_APPS, ConnectionSettings
from engine.dispatcher import Dispatcher
from engine.mail_settings import ReachSettings
from engine.secrets import Encryption


@dataclass(frozen=True)
class Services:
    """Everything a request may need."""

    database: Database
    temporal: Client
    dispatcher: Dispatcher
    events: EventHub
    versions: VersionCache
    encryption: Encryption
    tokens: Tokens
    directory: Directory
    egress: Egress
    """The way out, for what the API itself asks others."""
    sign_on: Discovery
    """What identity providers say about themselves."""
    workspace_id: UUID
    """Workspace of the operator's token from the environment."""
    connections: ConnectionSettings = NO_APPS
    """OAuth clients of the operator."""
    reach: ReachSettings = field(default_factory=ReachSettings.model_construct)
    """How people reach this installation."""


# Coroutines, although they wait for nothing: FastAPI would run plain functions in a thread, for half a millisecond.


async def _services(request: Request) -> Services:
    return _of(request)


CurrentServices = Annotated[Services, Depends(_services)]
"""Parameter type of a route that needs the services."""


def _of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services
