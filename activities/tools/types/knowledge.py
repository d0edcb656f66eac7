"""`knowledge`: passages of the knowledge bases of the settings, with their sources."""

from typing import Any

from activities.knowledge.asking import of_step
from activities.step import Outcome, StepContext
from schemas.knowledge import KnowledgeQuery
from schemas.tools.types.knowledge import KnowledgeSettings


async def run(settings: KnowledgeSettings, name: str, arguments: dict[str, Any], context: StepContext) -> Outcome:
    """Searches.

    Raises:
        PerdureError: `not_found` if a knowledge base is not there, or what the model of the vectors raises.
    """
    query = KnowledgeQuery(
        workspace_id=context.step.workspace_id,
        knowledge=settings.knowledge,
        query=arguments["query"],
        top_k=settings.top_k,
        mode=settings.mode,
        filter=settings.filter,
        min_similarity=settings.min_similarity,
    )
    found = await context.services.knowledge.search(query, of_step(context))
    passages = [
        {"number": number, "source": passage.citation, "text": passage.text}
        for number, passage in enumerate(found.passages, 1)
    ]
    return Outcome(output={"passages": passages}, cost_usd=found.cost_usd, tokens_in=found.tokens_in)
