"""Documents as callers send them: read, checked against the workflows that they refer to, named."""

import asyncio
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from fastapi import Request

from api.credentials.repository import known_credentials
from api.errors import FaultProblem, RequestError
from api.prompts.resolution import with_prompts
from api.workflows import repository
from db.session import Database
from schemas.compiler import compile_document
from schemas.credentials.references import document_uses
from schemas.document_diff import DocumentDiff, diff_documents
from schemas.errors import ErrorCode
from schemas.faults import Fault
from schemas.plan import Plan
from schemas.references import references_of
from schemas.yaml_source import Source, parse_source

MAX_SLUG: Final = 100
JSON_TYPES: Final = ("application/json", "")
YAML_TYPES: Final = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain")

DOCUMENT_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "A workflow document, as JSON or YAML.",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Document"}},
            "application/yaml": {"schema": {"type": "string"}},
        },
    }
}
"""What a route that takes a bare document says about its body."""


@dataclass(frozen=True)
class Checked:
    """A document that was compiled."""

    document: Any
    plan: Plan | None
    faults: list[FaultProblem]


async def document_body(request: Request) -> bytes:
    """The body, if it is of a type that can hold a document.

    Raises:
        RequestError: `unsupported_media_type`.
    """
    kind = content_type(request)
    if kind not in (*JSON_TYPES, *YAML_TYPES) and not kind.endswith("+json"):
        raise RequestError(
            ErrorCode.UNSUPPORTED_MEDIA_TYPE,
            "Send the document as application/json or application/yaml.",
        )
    return await request.body()


def content_type(request: Request) -> str:
    """Type of the body without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def check_document(database: Database, workspace_id: UUID, body: bytes) -> Checked:
    """Compile the text of a document against the workflows that it refers to."""
    return await _check(database, workspace_id, await asyncio.to_thread(parse_source, _text(body)))


async def check_value(database: Database, workspace_id: UUID, document: Any) -> Checked:
    """The same for a document that is no text any more; its faults have no line."""
    return await _check(database, workspace_id, Source(document, []), placed=False)


async def same_content(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two documents differ in nothing but what stands on the canvas only."""
    return one == other or (await compare_documents(one, other)).same_content


async def compare_documents(before: dict[str, Any], after: dict[str, Any]) -> DocumentDiff:
    """What differs; beside the event loop, because large documents take up to a second."""
    return await asyncio.to_thread(diff_documents, before, after)


def slug_of(name: str) -> str:
    """The slug of a workflow that was given none: its name in small Latin letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_SLUG].rstrip("-")
    return slug or "workflow-" + hashlib.sha256(name.encode()).hexdigest()[:8]


def workflow_references(value: Any) -> Iterator[str]:
    """What the nodes in a raw document refer to that run another workflow or a stored agent, at any depth."""
    stack = [value]
    while stack:
        top = stack.pop()
        if isinstance(top, list):
            stack.extend(top)
        elif isinstance(top, dict):
            stack.extend(top.values())
            config = top.get("with", top.get("config"))
            yield from (reference for _, reference in references_of(str(top.get("kind")), config))


async def _check(database: Database, workspace_id: UUID, source: Source, *, placed: bool = True) -> Checked:
    if source.value is None and source.faults:
        return Checked(None, None, fault_problems(source.place(source.faults)))
    async with database.tenant(workspace_id) as session:
        pinned = await repository.find_pinned(session, workflow_references(source.value))
        named = any(document_uses(source.value))
        credentials = await known_credentials(session) if named else None
        document, missing = await with_prompts(session, source.value)
    compiled = await asyncio.to_thread(compile_document, document, pinned=pinned, credentials=credentials)
    found = [*source.faults, *missing, *compiled.faults]
    faults = fault_problems(source.place(found) if placed else found)
    return Checked(source.value, None if faults else compiled.plan, faults)


def fault_problems(faults: Iterable[Fault]) -> list[FaultProblem]:
    """Faults as the API answers them."""
    return [
        FaultProblem(
            code=fault.code,
            node=fault.node,
            field=fault.field,
            message=fault.message,
            line=fault.line,
            column=fault.column,
        )
        for fault in faults
    ]


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError(ErrorCode.INVALID_TEXT, f"The document is not UTF-8: byte {error.start}.") from error
