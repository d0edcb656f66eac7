"""Who uses an agent: workflows and agents whose documents name it, at whatever depth."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from api.agents import repository
from api.agents.models import AgentUse, AgentUses
from api.agents.service import require_agent
from schemas.agent_documents import WorkflowType

FIELDS: Final = ("agent", "workflow", "agents", "workflows")
"""Fields of settings that name agents, of nodes and tools alike: one, or a list."""


async def find_uses(session: AsyncSession, slug: str) -> AgentUses:
    """What names an agent.

    Raises:
        RequestError: `not_found`.
    """
    await require_agent(session, slug)
    found = []
    for naming in await repository.workflows_naming(session, slug):
        published, draft = list(_references(naming.published, slug)), list(_references(naming.draft, slug))
        if not published and not draft:
            continue
        found.append(
            AgentUse(
                slug=naming.workflow.slug,
                name=naming.workflow.name,
                type=WorkflowType(naming.workflow.type),
                version=naming.version if published else None,
                draft=bool(draft),
                references=sorted({*published, *draft}),
            )
        )
    return AgentUses(items=found)


def _references(document: Any, slug: str) -> Iterator[str]:
    stack = [document]
    while stack:
        top = stack.pop()
        if isinstance(top, list):
            stack.extend(top)
        elif isinstance(top, dict):
            stack.extend(top.values())
            for field in FIELDS:
                named = top.get(field)
                for one in named if isinstance(named, list) else [named]:
                    if isinstance(one, str) and one.partition("@")[0] == slug:
                        yield one
