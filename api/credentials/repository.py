"""Queries on credentials and on what refers to them."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from db.tables import Credential, DraftRevision, Run, Workflow, WorkflowDraft, WorkflowVersion
from schemas.credentials.references import KnownCredential
from schemas.messages import UNFINISHED

MAX_USES: Final = 1_000
_NAMED: Final = (
    '$.** ? (@.credential == $name || @.credential == $id || @."$credential" == $name || @."$credential" == $id)'
)
"""Finds more than what are references; `schemas.credentials.references` tells them apart."""


async def find_credential(session: AsyncSession, reference: str, *, lock: bool = False) -> Credential | None:
    """A credential by name or id."""
    query = select(Credential).where(_is(reference))
    return (await session.scalars(query.with_for_update() if lock else query)).one_or_none()


async def list_credentials(
    session: AsyncSession, *, type_name: str | None, after: str | None, limit: int
) -> list[Credential]:
    """Credentials by name."""
    query = select(Credential).order_by(Credential.name).limit(limit)
    if type_name is not None:
        query = query.where(Credential.type == type_name)
    if after is not None:
        query = query.where(Credential.name > after)
    return list(await session.scalars(query))


async def insert_credential(session: AsyncSession, **columns: Any) -> Credential | None:
    """A new credential; nothing if the name is taken."""
    row = (
        insert(Credential)
        .values(**columns)
        .on_conflict_do_nothing(index_elements=[Credential.workspace_id, Credential.name])
    )
    return (await session.scalars(row.returning(Credential))).one_or_none()


async def rename(session: AsyncSession, credential: Credential, name: str) -> bool:
    """Give a credential another name; false if that is taken."""
    try:
        async with session.begin_nested():
            credential.name = name
            await session.flush()
    except IntegrityError:
        return False
    return True


@dataclass(frozen=True)
class VersionDocument:
    """A version whose document may refer to a credential."""

    slug: str
    name: str
    version: int
    document: dict[str, Any]
    newest: bool
    unfinished_runs: int


async def versions_naming(session: AsyncSession, credential: Credential) -> list[VersionDocument]:
    """Versions of workflows that are not archived, and those that unfinished runs still execute."""
    newest = (
        select(WorkflowVersion.workflow_id, func.max(WorkflowVersion.version).label("version"))
        .group_by(WorkflowVersion.workflow_id)
        .subquery()
    )
    runs = (
        select(func.count()).where(Run.version_id == WorkflowVersion.id, Run.status.in_(UNFINISHED)).scalar_subquery()
    )
    query = (
        select(Workflow, WorkflowVersion.version, WorkflowVersion.document, newest.c.version, runs)
        .join(Workflow, Workflow.id == WorkflowVersion.workflow_id)
        .join(newest, newest.c.workflow_id == Workflow.id)
        .where(_names(WorkflowVersion.document, credential))
        .order_by(Workflow.slug, WorkflowVersion.version.desc())
        .limit(MAX_USES)
    )
    return [
        VersionDocument(
            flow.slug, flow.name, number, document, flow.archived_at is None and number == latest > 0, unfinished
        )
        for flow, number, document, latest, unfinished in await session.execute(query)
        if flow.archived_at is None or unfinished
    ]


async def drafts_naming(session: AsyncSession, credential: Credential) -> list[tuple[str, str, dict[str, Any]]]:
    """Slug, name and document of every draft that may refer to a credential."""
    query = (
        select(Workflow.slug, Workflow.name, DraftRevision.document)
        .join(WorkflowDraft, WorkflowDraft.workflow_id == Workflow.id)
        .join(
            DraftRevision,
            (DraftRevision.workflow_id == Workflow.id) & (DraftRevision.revision == WorkflowDraft.revision),
        )
        .where(_names(DraftRevision.document, credential), Workflow.archived_at.is_(None))
        .order_by(Workflow.slug)
        .limit(MAX_USES)
    )
    return [(slug, name, document) for slug, name, document in await session.execute(query)]


async def known_credentials(session: AsyncSession) -> dict[str, KnownCredential]:
    """What the compiler must know of each credential, by name and by id."""
    columns = (Credential.id, Credential.name, Credential.type, Credential.fields, Credential.hosts)
    known: dict[str, KnownCredential] = {}
    for identity, name, kind, fields, hosts in await session.execute(select(*columns)):
        found = KnownCredential(name=name, type=kind, fields=tuple(fields), has_hosts=hosts is not None)
        known[name] = known[str(identity)] = found
    return known


def _is(reference: str) -> ColumnElement[bool]:
    identity = _as_id(reference)
    return Credential.name == reference if identity is None else Credential.id == identity


def _as_id(reference: str) -> UUID | None:
    try:
        return UUID(reference)
    except ValueError:
        return None


def _names(document: InstrumentedAttribute[Any], credential: Credential) -> ColumnElement[bool]:
    named = func.jsonb_build_object("name", credential.name, "id", str(credential.id))
    return func.jsonb_path_exists(document, text(f"'{_NAMED}'::jsonpath"), named)
