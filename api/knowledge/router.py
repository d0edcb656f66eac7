"""Routes of knowledge bases."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.knowledge import bases, documents, models
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("knowledge")

BaseSlug = Annotated[str, Path(max_length=200, description="Slug of the knowledge base.")]


async def _document_id(document_id: Annotated[str, Path(max_length=100, description="Id of the document.")]) -> UUID:
    return parse_id("document", document_id)


DocumentId = Annotated[UUID, Depends(_document_id)]


@router.get("/v1/knowledge", operation_id="list_knowledge_bases")
async def list_bases(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> models.KnowledgeBaseList:
    """Knowledge bases by slug."""
    async with services.database.tenant(workspace) as session:
        return await bases.list_bases(session, cursor, limit)


@router.post("/v1/knowledge", operation_id="create_knowledge_base", status_code=status.HTTP_201_CREATED)
async def create_base(
    services: CurrentServices, caller: CurrentCaller, body: models.CreateKnowledgeBase, response: Response
) -> models.KnowledgeBase:
    """Make a knowledge base."""
    async with services.database.tenant(caller.workspace_id) as session:
        made = await bases.create_base(session, caller.actor, body)
    response.headers["Location"] = f"/v1/knowledge/{made.slug}"
    return made


@router.get("/v1/knowledge/{slug}", operation_id="get_knowledge_base")
async def get_base(services: CurrentServices, workspace: CurrentWorkspace, slug: BaseSlug) -> models.KnowledgeBase:
    """A knowledge base and how much is in it."""
    async with services.database.tenant(workspace) as session:
        return await bases.get_base(session, slug)


@router.patch("/v1/knowledge/{slug}", operation_id="update_knowledge_base")
async def update_base(
    services: CurrentServices, caller: CurrentCaller, slug: BaseSlug, body: models.UpdateKnowledgeBase
) -> models.KnowledgeBase:
    """Name and describe a knowledge base."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await bases.update_base(session, caller.actor, slug, body)


@router.delete("/v1/knowledge/{slug}", operation_id="delete_knowledge_base", status_code=status.HTTP_204_NO_CONTENT)
async def delete_base(services: CurrentServices, caller: CurrentCaller, slug: BaseSlug) -> None:
    """Delete a knowledge base with all its documents."""
    async with services.database.tenant(caller.workspace_id) as session:
        await bases.delete_base(session, caller.actor, slug)


@router.post("/v1/knowledge/{slug}/search", operation_id="search_knowledge_base")
async def search(
    services: CurrentServices, workspace: CurrentWorkspace, slug: BaseSlug, body: models.SearchKnowledge
) -> models.SearchResults:
    """Passages that fit a query, with where they stand."""
    return models.SearchResults(items=await bases.search(services, workspace, slug, body))


@router.get("/v1/knowledge/{slug}/documents", operation_id="list_knowledge_documents")
async def list_documents(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    slug: BaseSlug,
    standing: Annotated[models.DocumentStatus | None, Query(alias="status", description="Only these.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> models.DocumentPage:
    """Documents, the newest first."""
    async with services.database.tenant(workspace) as session:
        return await documents.list_documents(session, slug, standing, cursor, limit)


@router.post(
    "/v1/knowledge/{slug}/documents",
    operation_id="put_knowledge_document",
    status_code=status.HTTP_201_CREATED,
    responses={status.HTTP_200_OK: {"model": models.KnowledgeDocument, "description": "It was there; it is changed."}},
)
async def put_document(
    services: CurrentServices, caller: CurrentCaller, slug: BaseSlug, body: models.PutDocument, response: Response
) -> models.KnowledgeDocument:
    """Add a document, or give the one of this name other content; it is taken in by a durable workflow."""
    async with services.database.tenant(caller.workspace_id) as session:
        document, created = await documents.put_document(session, caller.actor, slug, body)
    response.headers["Location"] = f"/v1/knowledge/{slug}/documents/{document.id}"
    response.status_code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
    return document


@router.get("/v1/knowledge/{slug}/documents/{document_id}", operation_id="get_knowledge_document")
async def get_document(
    services: CurrentServices, workspace: CurrentWorkspace, slug: BaseSlug, document_id: DocumentId
) -> models.KnowledgeDocument:
    """A document and how far it is taken in."""
    async with services.database.tenant(workspace) as session:
        return await documents.get_document(session, slug, document_id)


@router.post("/v1/knowledge/{slug}/documents/{document_id}/ingest", operation_id="ingest_knowledge_document")
async def ingest_again(
    services: CurrentServices, caller: CurrentCaller, slug: BaseSlug, document_id: DocumentId
) -> models.KnowledgeDocument:
    """Take a document in once more; pieces that are as they were are not paid for again."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await documents.ingest_again(session, caller.actor, slug, document_id)


@router.get("/v1/knowledge/{slug}/documents/{document_id}/chunks", operation_id="list_knowledge_chunks")
async def list_chunks(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    slug: BaseSlug,
    document_id: DocumentId,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> models.ChunkPage:
    """The pieces of a document in their order."""
    async with services.database.tenant(workspace) as session:
        return await documents.list_chunks(session, slug, document_id, cursor, limit)


@router.delete(
    "/v1/knowledge/{slug}/documents/{document_id}",
    operation_id="delete_knowledge_document",
    status_code=status.HTTP_204_NO_CONTENT,
)
async def delete_document(
    services: CurrentServices, caller: CurrentCaller, slug: BaseSlug, document_id: DocumentId
) -> None:
    """Delete a document; it is found no more."""
    async with services.database.tenant(caller.workspace_id) as session:
        await documents.delete_document(session, caller.actor, slug, document_id)
