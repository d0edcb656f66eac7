"""Puts the API together."""

from fastapi import FastAPI

from api import errors, openapi
from api.approvals.router import router as approvals
from api.events.router import router as events
from api.gate import Gate
from api.health.router import router as health
from api.node_kinds.router import router as node_kinds
from api.runs.events_router import router as run_events
from api.runs.router import router as runs
from api.services import Services
from api.settings import ApiSettings
from api.workflows.router import router as workflows

VERSION = "0.1.0"


def create_app(settings: ApiSettings, services: Services) -> FastAPI:
    """The ASGI application.

    Args:
        settings: Holds the token.
        services: Connections; whoever made them closes them.
    """
    app = FastAPI(
        title="Perdure",
        version=VERSION,
        description="AI agents as durable workflows.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    for router in (runs, run_events, workflows, approvals, events, node_kinds, health):
        app.include_router(router)
    errors.install(app)
    openapi.install(app)
    app.add_middleware(Gate, token=settings.token.get_secret_value())
    return app
