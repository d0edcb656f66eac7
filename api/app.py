"""Puts the API together."""

from typing import Final

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import WebSocketRoute

from api import errors, openapi
from api.absences.router import router as absences
from api.access.authentication import Authenticator
from api.access.permissions import OPERATIONS
from api.agents.router import router as agents
from api.agents.runs_router import router as agent_runs
from api.agents.versions_router import router as agent_versions
from api.approval_rules.router import router as approval_rules
from api.approvals.adapters_router import router as approval_adapters
from api.approvals.listing_router import router as approval_lists
from api.approvals.router import router as approvals
from api.audit.router import router as audit
from api.bulk.router import router as bulk
from api.calendars.router import router as calendars
from api.chat.messages_router import router as chat_messages
from api.chat.router import router as chat
from api.connections.router import router as connections
from api.cors import Cors
from api.credentials.router import router as credentials
from api.crews.router import router as crews
from api.events.router import router as events
from api.files.router import router as files
from api.gate import Gate
from api.groups.router import router as groups
from api.health.router import router as health
from api.hooks.forms import FormPages
from api.hooks.ingress import HookIngress
from api.hooks.router import router as hooks
from api.identity.router import router as sign_in
from api.identity.sessions_router import router as sessions
from api.identity.setup_router import router as setup
from api.invitations.router import router as invitations
from api.keys.router import router as keys
from api.knowledge.router import router as knowledge
from api.limits.limiter import Limiter
from api.limits.settings import NO_LIMITS, LimitSettings
from api.links.pages import LinkPages
from api.links.router import router as links
from api.live.endpoint import PATH as LIVE
from api.live.endpoint import LiveEndpoint
from api.me.router import router as me
from api.members.router import router as members
from api.memories.router import router as memories
from api.metrics.observer import Observer
from api.node_kinds.router import router as node_kinds
from api.notifications.router import router as notifications
from api.privacy.codec_router import router as codec
from api.privacy.jobs_router import router as privacy_jobs
from api.privacy.masks import Masks
from api.privacy.reveal_router import router as reveal
from api.privacy.router import router as privacy
from api.prompts.router import router as prompts
from api.quotas.router import router as quotas
from api.requests import StrictRoute
from api.runs.events_router import router as run_events
from api.runs.relations_router import router as run_relations
from api.runs.router import router as runs
from api.runs.steering_router import router as run_steering
from api.saved_views.runs_router import router as run_views
from api.schedules.router import router as schedules
from api.scim.endpoint import ScimEndpoint
from api.scim.router import router as scim_tokens
from api.second_factor.router import router as second_factor
from api.secret_stores.router import router as secret_stores
from api.services import Services
from api.settings import ApiSettings
from api.sign_on.login_router import router as sign_on_login
from api.sign_on.router import router as sign_on
from api.subscriptions.router import router as subscriptions
from api.system.router import router as system
from api.templates.router import router as templates
from api.tools.router import router as tools
from api.usage.router import router as usage
from api.web.app_files import WebApp
from api.workflows.drafts_router import router as drafts
from api.workflows.expressions_router import router as expressions
from api.workflows.router import router as workflows
from api.workflows.trials_router import router as trials
from api.workflows.versions_router import router as versions
from api.workspaces.router import router as workspaces
from engine.telemetry import NO_TRACING, Tracing

VERSION = "0.1.0"
WORTH_PACKING: Final = 8_192
"""Bytes from which an answer is compressed; live streams never are."""

IDENTITY: Final = (sign_in, sessions, setup, me, workspaces, keys)
ROUTERS: Final = (
    run_views,
    runs,
    run_events,
    run_relations,
    run_steering,
    bulk,
    workflows,
    drafts,
    versions,
    trials,
    expressions,
    agents,
    agent_versions,
    agent_runs,
    crews,
    tools,
    chat,
    chat_messages,
    knowledge,
    memories,
    approval_lists,
    approval_adapters,
    approvals,
    links,
    notifications,
    approval_rules,
    calendars,
    files,
    prompts,
    absences,
    events,
    schedules,
    hooks,
    subscriptions,
    credentials,
    secret_stores,
    connections,
    node_kinds,
    templates,
    quotas,
    usage,
    second_factor,
    members,
    groups,
    invitations,
    privacy,
    privacy_jobs,
    reveal,
    codec,
    audit,
    sign_on,
    scim_tokens,
    sign_on_login,
    health,
    system,
    *IDENTITY,
)


def create_app(
    settings: ApiSettings, services: Services, limits: LimitSettings = NO_LIMITS, tracing: Tracing = NO_TRACING
) -> FastAPI:
    """The ASGI application.

    Args:
        settings: Holds the token.
        services: Connections; whoever made them closes them.
        limits: How many requests each caller may send.
        tracing: Where spans of requests go.
    """
    app = FastAPI(
        title="Perdure",
        version=VERSION,
        description=openapi.DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    app.state.masks = Masks(lambda: services.database)
    app.state.listens_on = settings.host
    # The routers' own routes: what `include_router` adds to each is nothing here, and takes half a second.
    app.router.routes.extend(route for router in ROUTERS for route in router.routes)
    authenticate, cors = Authenticator(services, settings.token.get_secret_value()), Cors(settings.cors_origins)
    app.state.live = LiveEndpoint(services, authenticate, cors)
    app.router.routes.append(WebSocketRoute(LIVE, app.state.live))
    app.router.routes.extend(LinkPages(services).routes)
    ingress = HookIngress(services)
    app.router.routes.extend((*ingress.routes, *FormPages(services, ingress).routes))
    app.router.routes.extend(ScimEndpoint(services).routes)
    app.router.routes.append(WebApp(settings.web_dir))
    errors.install(app)
    openapi.install(app, ROUTERS)
    _check_matrix()
    app.add_middleware(GZipMiddleware, minimum_size=WORTH_PACKING, compresslevel=4)
    app.add_middleware(
        Gate,
        authenticate=authenticate,
        cors=cors,
        limiter=Limiter(limits),
    )
    app.add_middleware(Observer, tracer=tracing.tracer)
    return app


def _check_matrix() -> None:
    """Every operation asks the permission matrix, and the matrix names nothing else.

    Raises:
        RuntimeError: Otherwise; the application must not start.
    """
    routes = [route for router in ROUTERS for route in router.routes]
    loose = [route for route in routes if not isinstance(route, StrictRoute)]
    operations = {route.operation_id for route in routes if isinstance(route, StrictRoute)}
    if loose or operations != OPERATIONS.keys():
        raise RuntimeError(f"without permission: {loose}, {operations ^ OPERATIONS.keys()}")
