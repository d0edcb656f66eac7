"""Which workflows refer to a credential."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.credentials import repository
from api.credentials.models import CredentialUsage, DraftUse, VersionUse
from api.errors import RequestError
from db.tables import Credential
from schemas.credentials.references import document_uses
from schemas.errors import ErrorCode
from schemas.faults import listed


async def usage_of(session: AsyncSession, credential: Credential) -> CredentialUsage:
    """Every version and draft that refers to a credential, by name or by id."""
    versions = await repository.versions_naming(session, credential)
    drafts = await repository.drafts_naming(session, credential)
    return CredentialUsage(
        versions=[
            VersionUse(
                workflow=one.slug,
                name=one.name,
                version=one.version,
                nodes=nodes,
                newest=one.newest,
                unfinished_runs=one.unfinished_runs,
            )
            for one in versions
            if (nodes := _nodes(one.document, credential))
        ],
        drafts=[
            DraftUse(workflow=slug, name=name, nodes=nodes)
            for slug, name, document in drafts
            if (nodes := _nodes(document, credential))
        ],
    )


async def refuse_while_used(session: AsyncSession, credential: Credential, verb: str) -> None:
    """Refuse what would break workflows: newest versions, and those that unfinished runs execute.

    Raises:
        RequestError: `conflict`, naming them.
    """
    usage = await usage_of(session, credential)
    using = [one for one in usage.versions if one.newest or one.unfinished_runs]
    if not using:
        return
    slugs = list(dict.fromkeys(one.workflow for one in using))
    message = (
        f"The credential {credential.name!r} cannot be {verb}: it is used by {listed(slugs)}. Change these workflows "
        "first, or repeat the request with force=true; runs that need it will then fail."
    )
    raise RequestError(
        ErrorCode.CONFLICT,
        message,
        details={"workflows": slugs, "uses": [one.model_dump(mode="json") for one in using[:100]]},
    )


def _nodes(document: Any, credential: Credential) -> list[str]:
    own = (credential.name, str(credential.id))
    return sorted({node for node, reference in document_uses(document) if reference in own})
