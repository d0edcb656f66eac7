"""Routes of connections, and of the OAuth clients that they are made with."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.connections import actions, apps, models, service, signing_in
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices
from schemas.connections.providers import CALLBACK_PATH

router = feature_router("connections")


async def _connection_id(
    connection_id: Annotated[str, Path(max_length=100, description="Id of the connection.")],
) -> UUID:
    return parse_id("connection", connection_id)


async def _app_id(app_id: Annotated[str, Path(max_length=100, description="Id of the OAuth client.")]) -> UUID:
    return parse_id("OAuth client", app_id)


ConnectionId = Annotated[UUID, Depends(_connection_id)]
AppId = Annotated[UUID, Depends(_app_id)]
ActionName = Annotated[str, Path(max_length=100, description="Name of the action.")]


@router.get("/v1/connection-providers", operation_id="list_connection_providers")
async def list_providers(services: CurrentServices, workspace: CurrentWorkspace) -> models.ConnectionProviderList:
    """Providers of accounts, with the actions that come with each."""
    return apps.provider_list(services.connections, services.reach.url(CALLBACK_PATH))


@router.get("/v1/connection-apps", operation_id="list_connection_apps")
async def list_apps(services: CurrentServices, workspace: CurrentWorkspace) -> models.ConnectionAppList:
    """OAuth clients of the workspace by name, without their secrets."""
    async with services.database.tenant(workspace) as session:
        return await apps.list_all(session)


@router.post("/v1/connection-apps", operation_id="create_connection_app", status_code=status.HTTP_201_CREATED)
async def create_app(
    services: CurrentServices, caller: CurrentCaller, body: models.CreateConnectionApp, response: Response
) -> models.ConnectionApp:
    """Store an OAuth client that was made at a provider. Where it leads cannot be changed later."""
    async with services.database.tenant(caller.workspace_id) as session:
        made = await apps.create(session, caller, services.encryption, body)
    response.headers["Location"] = f"/v1/connection-apps/{made.id}"
    return made


@router.get("/v1/connection-apps/{app_id}", operation_id="get_connection_app")
async def get_app(services: CurrentServices, workspace: CurrentWorkspace, app_id: AppId) -> models.ConnectionApp:
    """An OAuth client without its secret."""
    async with services.database.tenant(workspace) as session:
        return await apps.get(session, app_id)


@router.patch("/v1/connection-apps/{app_id}", operation_id="update_connection_app")
async def update_app(
    services: CurrentServices, caller: CurrentCaller, app_id: AppId, body: models.UpdateConnectionApp
) -> models.ConnectionApp:
    """Replace the id or the secret of an OAuth client."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await apps.update(session, caller, services.encryption, app_id, body)


@router.delete(
    "/v1/connection-apps/{app_id}", operation_id="delete_connection_app", status_code=status.HTTP_204_NO_CONTENT
)
async def delete_app(services: CurrentServices, caller: CurrentCaller, app_id: AppId) -> None:
    """Delete an OAuth client that no connection needs any more."""
    async with services.database.tenant(caller.workspace_id) as session:
        await apps.delete(session, caller, app_id)


@router.get("/v1/connections", operation_id="list_connections")
async def list_connections(
    services: CurrentServices, workspace: CurrentWorkspace, limit: Limit = 50, cursor: Cursor = None
) -> models.ConnectionPage:
    """Connections by name, without their tokens."""
    async with services.database.tenant(workspace) as session:
        return await service.list_all(session, cursor, limit)


@router.post("/v1/connections", operation_id="create_connection", status_code=status.HTTP_201_CREATED)
async def create_connection(
    services: CurrentServices, caller: CurrentCaller, body: models.CreateConnection, response: Response
) -> models.Connection:
    """Make a connection. With OAuth it waits until somebody has signed in."""
    async with services.database.tenant(caller.workspace_id) as session:
        made = await service.create(session, caller, services.connections, body)
    response.headers["Location"] = f"/v1/connections/{made.id}"
    return made


@router.post("/v1/connections/finish", operation_id="finish_connection")
async def finish_connection(
    services: CurrentServices, caller: CurrentCaller, body: models.FinishConnectionSignIn
) -> models.Connection:
    """End a sign-in with what the provider has sent back; for the page to which it sends people."""
    return await signing_in.finish(services, caller, body)


@router.get("/v1/connections/{connection_id}", operation_id="get_connection")
async def get_connection(
    services: CurrentServices, workspace: CurrentWorkspace, connection_id: ConnectionId
) -> models.Connection:
    """A connection without its tokens."""
    async with services.database.tenant(workspace) as session:
        return await service.shown(session, await service.require(session, connection_id))


@router.patch("/v1/connections/{connection_id}", operation_id="update_connection")
async def update_connection(
    services: CurrentServices, caller: CurrentCaller, connection_id: ConnectionId, body: models.UpdateConnection
) -> models.Connection:
    """Change who may use a connection, for which actions, and how often."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.update(session, caller, connection_id, body)


@router.delete(
    "/v1/connections/{connection_id}", operation_id="delete_connection", status_code=status.HTTP_204_NO_CONTENT
)
async def delete_connection(services: CurrentServices, caller: CurrentCaller, connection_id: ConnectionId) -> None:
    """Delete a connection; its access is taken back at the provider, and tried again for a day if that fails."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.delete(session, caller, connection_id)


@router.post("/v1/connections/{connection_id}/sign-in", operation_id="begin_connection")
async def begin_connection(
    services: CurrentServices, caller: CurrentCaller, connection_id: ConnectionId
) -> models.ConnectionSignIn:
    """Begin a sign-in at the provider, the first one or another; whoever begins it must end it within ten minutes."""
    return await signing_in.begin(services, caller, connection_id)


@router.post("/v1/connections/{connection_id}/refresh", operation_id="refresh_connection")
async def refresh_connection(
    services: CurrentServices, caller: CurrentCaller, connection_id: ConnectionId
) -> models.Connection:
    """Renew the access token now instead of shortly before its end."""
    return await signing_in.renew(services, caller, connection_id)


@router.get("/v1/connections/{connection_id}/actions", operation_id="list_connection_actions")
async def list_actions(
    services: CurrentServices, workspace: CurrentWorkspace, connection_id: ConnectionId
) -> models.ConnectionActionList:
    """What can be done through a connection."""
    async with services.database.tenant(workspace) as session:
        return actions.action_list(await service.require(session, connection_id))


@router.post("/v1/connections/{connection_id}/actions", operation_id="import_connection_actions")
async def import_actions(
    services: CurrentServices, caller: CurrentCaller, connection_id: ConnectionId, body: models.ImportActions
) -> models.ImportedActions:
    """Make actions of the operations of an OpenAPI description."""
    return await actions.import_actions(services, caller, connection_id, body)


@router.delete(
    "/v1/connections/{connection_id}/actions/{action}",
    operation_id="delete_connection_action",
    status_code=status.HTTP_204_NO_CONTENT,
)
async def delete_action(
    services: CurrentServices, caller: CurrentCaller, connection_id: ConnectionId, action: ActionName
) -> None:
    """Forget an imported action."""
    await actions.remove_action(services, caller, connection_id, action)


@router.post("/v1/connections/{connection_id}/actions/{action}/test", operation_id="try_connection_action")
async def try_action(
    services: CurrentServices,
    caller: CurrentCaller,
    connection_id: ConnectionId,
    action: ActionName,
    body: models.TryConnectionAction,
) -> models.ActionAnswer:
    """Call an action once, outside of any run; it really does what it does."""
    return await actions.try_action(services, caller, connection_id, action, body)


@router.get("/v1/connections/{connection_id}/calls", operation_id="list_connection_calls")
async def list_calls(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    connection_id: ConnectionId,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> models.ConnectionCallPage:
    """What went through a connection in the last 30 days, the newest first; neither arguments nor answers."""
    async with services.database.tenant(workspace) as session:
        return await service.calls(session, connection_id, cursor, limit)
