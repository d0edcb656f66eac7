"""Routes of tools: which types there are, and what an API or an MCP server offers."""

from api.access.caller import CurrentCaller
from api.requests import router as feature_router
from api.services import CurrentServices
from api.tools import lookup, models
from api.tools.service import list_tool_types

router = feature_router("tools")


@router.get("/v1/tools", operation_id="list_tool_types")
async def read_tool_types() -> models.ToolTypeList:
    """All types of tools with the JSON Schema of their settings, what their calls may change, and form hints."""
    return list_tool_types()


@router.post("/v1/tools/openapi", operation_id="import_openapi_tools")
async def import_openapi(
    services: CurrentServices, caller: CurrentCaller, body: models.ImportOpenapi
) -> models.ImportedOpenapi:
    """The operations of an API as tools, by its OpenAPI description; what cannot be one is named. Nothing is stored."""
    return await lookup.import_openapi(services, caller, body)


@router.post("/v1/tools/mcp", operation_id="list_mcp_tools")
async def list_mcp_tools(
    services: CurrentServices, caller: CurrentCaller, body: models.ListMcpTools
) -> models.McpToolList:
    """The tools of an MCP server with the hash by which an agent pins them. Nothing is stored."""
    return await lookup.list_mcp_tools(services, caller, body)
