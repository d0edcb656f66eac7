"""Which tools an API or an MCP server offers, for whoever gives them to an agent."""

import asyncio
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from temporalio import activity

from activities.credentials.authentication import Authentication, authentication
from activities.credentials.vault import Vault
from activities.egress import Egress, EgressRequest
from activities.failures import to_application_error
from activities.mcp.client import session, tool_of
from activities.mcp.transports import HttpTransport, StdioTransport, Transport
from activities.step import Services
from schemas.errors import ErrorCode, PerdureError
from schemas.tools.lookup import TOOL_LOOKUP, FoundTools, LookUpTools
from schemas.tools.openapi_import import ImportedApi, LeftOut, imported
from schemas.tools.types.mcp import McpTool
from schemas.tools.types.openapi import ApiOperation
from schemas.yaml_source import parse_source

SECONDS: Final = 20.0
MAX_DESCRIPTION_BYTES: Final = 5_000_000
MAX_FOUND_BYTES: Final = 1_200_000
"""Of what is told at once; Temporal carries two megabytes."""


class ToolLookups:
    """Activity `tool_lookup`.

    Args:
        vault: Opens the credential.
        services: Reach the servers.
    """

    def __init__(self, vault: Vault, services: Services) -> None:
        self._vault = vault
        self._egress: Egress = services.egress
        self._processes = services.mcp_servers

    @activity.defn(name=TOOL_LOOKUP)
    async def look_up_tools(self, message: LookUpTools) -> FoundTools:
        """Look; a server that was shown a credential cannot show it to the person."""
        try:
            proof = await self._proof(message)
            look = self._operations if message.source == "openapi" else self._tools
            found = await look(message, proof)
        except Exception as error:
            raise to_application_error(self._hidden(message, error)) from None
        hidden = self._vault.redactions.of(message.workspace_id).value(found.model_dump(mode="json", by_alias=True))
        return FoundTools.model_validate(hidden)

    def _hidden(self, message: LookUpTools, error: Exception) -> Exception:
        """The same without secrets, which a server may give back in its refusal."""
        if not isinstance(error, PerdureError):
            return error
        return PerdureError(error.info.code, self._vault.redactions.of(message.workspace_id).text(error.info.message))

    async def _proof(self, message: LookUpTools) -> Authentication:
        if message.credential_id is None:
            return Authentication()
        opened = await self._vault.read(message.workspace_id, message.credential_id, message.url)
        try:
            return authentication(opened)
        except ValueError:
            text = f"A credential of type {opened.type} does not authenticate a request."
            raise PerdureError(ErrorCode.INVALID_CONFIG, text) from None

    async def _operations(self, message: LookUpTools, proof: Authentication) -> FoundTools:
        text = message.text if message.url is None else await self._read(message.url, proof)
        found = await asyncio.to_thread(_described, text or "", message.url)
        fitting = [one for one in found.operations if _holds(one, message.words)]
        told, rest = _first(fitting)
        return FoundTools(
            workspace_id=message.workspace_id,
            title=found.title,
            url=found.url,
            operations=tuple(told),
            left_out=(*found.left_out, *(_too_many(one.name) for one in rest)),
        )

    async def _read(self, url: str, proof: Authentication) -> str:
        address = proof.in_address(url)
        if proof.query:
            address += f"{'&' if '?' in address else '?'}{urlencode(proof.query)}"
        request = EgressRequest(
            "GET",
            address,
            headers={"accept": "application/json, application/yaml, */*", **proof.headers},
            timeout=SECONDS,
            max_bytes=MAX_DESCRIPTION_BYTES,
            secret_headers=frozenset(name.lower() for name in proof.headers),
        )
        return (await self._egress.send(request)).body.decode("utf-8", "replace")

    async def _tools(self, message: LookUpTools, proof: Authentication) -> FoundTools:
        async with session(await self._transport(message, proof)) as client:
            raw = await client.described()
        tools: list[McpTool] = []
        left_out: list[LeftOut] = []
        for one in raw:
            try:
                tools.append(tool_of(one))
            except PerdureError as error:
                left_out.append(LeftOut(operation=_name_of(one), reason=error.info.message))
        return FoundTools(workspace_id=message.workspace_id, tools=tuple(tools), left_out=tuple(left_out))

    async def _transport(self, message: LookUpTools, proof: Authentication) -> Transport:
        if message.server is not None:
            return await StdioTransport.started(message.server, self._processes)
        return HttpTransport(self._egress, str(message.url), proof, SECONDS)


def _described(text: str, source: str | None) -> ImportedApi:
    try:
        document: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = parse_source(text)
        if found.value is None and found.faults:
            raise PerdureError(ErrorCode.INVALID_INPUT, found.faults[0].message) from None
        document = found.value
    return imported(document, source)


def _holds(operation: ApiOperation, words: str) -> bool:
    said = f"{operation.name} {operation.method} {operation.path} {operation.description}".casefold()
    return all(word in said for word in words.casefold().split())


def _first(operations: list[ApiOperation]) -> tuple[list[ApiOperation], list[ApiOperation]]:
    """As many as can be told at once, and the others."""
    size = 0
    for index, operation in enumerate(operations):
        size += len(operation.model_dump_json())
        if size > MAX_FOUND_BYTES:
            return operations[:index], operations[index:]
    return operations, []


def _too_many(name: str) -> LeftOut:
    return LeftOut(operation=name, reason="there are too many operations to show them all; search for this one")


def _name_of(raw: Any) -> str:
    return str(raw.get("name"))[:200] if isinstance(raw, dict) else "a tool"
