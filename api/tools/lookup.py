"""What an API or an MCP server offers as tools: a worker looks, for nothing else reaches out, or opens credentials."""

from datetime import timedelta
from typing import Final

from api.access.caller import Caller
from api.access.permissions import Permission
from api.asking_workers import Question, ask_worker
from api.credentials.repository import find_credential
from api.errors import FieldProblem, RequestError
from api.services import Services
from api.tools import models
from schemas.errors import ErrorCode
from schemas.tools.lookup import TOOL_LOOKUP, FoundTools, LookUpTools
from schemas.tools.spec import Effect
from schemas.tools.types.mcp import McpTool, pin_of
from schemas.tools.types.openapi import SPEC as OPENAPI
from schemas.tools.types.openapi import ApiOperation, OpenapiSettings

PATIENCE: Final = timedelta(seconds=30)

_OF_CREDENTIAL: Final = frozenset(
    {ErrorCode.AUTH_FAILED, ErrorCode.MISSING_CREDENTIAL, ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND}
)


async def import_openapi(services: Services, caller: Caller, body: models.ImportOpenapi) -> models.ImportedOpenapi:
    """The operations of an API.

    Raises:
        RequestError: `invalid_request` naming the field that is wrong, `forbidden` for a credential without the
            permission, `unavailable` if no worker answers.
    """
    wanted = LookUpTools(
        workspace_id=str(caller.workspace_id),
        source="openapi",
        url=body.url,
        text=body.text,
        credential_id=await _credential_id(services, caller, body.credential),
        words=body.q,
    )
    found = await _looked_up(services, wanted, "body.url" if body.text is None else "body.text")
    return models.ImportedOpenapi(
        title=found.title,
        url=found.url,
        items=[_operation(one) for one in found.operations],
        left_out=_left_out(found),
    )


async def list_mcp_tools(services: Services, caller: Caller, body: models.ListMcpTools) -> models.McpToolList:
    """The tools of an MCP server, and the hash to pin.

    Raises:
        RequestError: as for `import_openapi`.
    """
    wanted = LookUpTools(
        workspace_id=str(caller.workspace_id),
        source="mcp",
        url=body.url,
        server=body.server,
        credential_id=await _credential_id(services, caller, body.credential),
    )
    found = await _looked_up(services, wanted, "body.server" if body.url is None else "body.url")
    chosen = tuple(tool for tool in found.tools if body.only is None or tool.name in body.only)
    missing = set(body.only or ()) - {tool.name for tool in chosen}
    gone = [models.LeftOutTool(name=name, reason="The server has no such tool.") for name in sorted(missing)]
    return models.McpToolList(
        items=[_tool(one) for one in chosen], pin=pin_of(chosen), left_out=[*_left_out(found), *gone]
    )


async def _credential_id(services: Services, caller: Caller, reference: str | None) -> str | None:
    if reference is None:
        return None
    if not caller.may(Permission.CREDENTIALS_EDIT):
        message = "To look with a credential needs the permission credentials:edit."
        details = {"permission": Permission.CREDENTIALS_EDIT.value}
        raise RequestError(ErrorCode.FORBIDDEN, message, details=details)
    async with services.database.tenant(caller.workspace_id) as session:
        credential = await find_credential(session, reference)
    if credential is None:
        raise _at("body.credential", f"There is no credential {reference!r}.")
    return str(credential.id)


async def _looked_up(services: Services, wanted: LookUpTools, field: str) -> FoundTools:
    def refusal(code: ErrorCode, said: str) -> RequestError:
        with_proof = wanted.credential_id is not None and code in _OF_CREDENTIAL
        return _at("body.credential" if with_proof else field, said)

    silence = "No worker has looked in time; try again."
    return await ask_worker(services, Question(TOOL_LOOKUP, wanted, PATIENCE, silence), FoundTools, refusal)


def _at(field: str, said: str) -> RequestError:
    message = said if said.endswith(".") else f"{said}."
    return RequestError(ErrorCode.INVALID_REQUEST, message, errors=[FieldProblem(field=field, message=message)])


def _left_out(found: FoundTools) -> list[models.LeftOutTool]:
    return [models.LeftOutTool(name=one.operation, reason=one.reason) for one in found.left_out]


def _operation(operation: ApiOperation) -> models.OpenapiOperation:
    settings = OpenapiSettings(url="http://x", operations=(operation,))
    return models.OpenapiOperation(
        name=operation.name,
        description=operation.description,
        method=operation.method,
        path=operation.path,
        effect=Effect(OPENAPI.effect_of(settings, operation.name)),
        operation=operation.model_dump(mode="json", exclude_defaults=True),
    )


def _tool(tool: McpTool) -> models.McpToolFound:
    return models.McpToolFound(
        name=tool.name,
        description=tool.description,
        input_schema=tool.input_schema,
        hints=tool.hints,
        digest=tool.digest,
        tool=tool.model_dump(mode="json", exclude_defaults=True),
    )
