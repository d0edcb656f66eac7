"""`retrieve`: passages from knowledge bases, or facts from a memory, with numbered sources."""

from activities.knowledge.asking import of_step
from activities.step import Outcome, StepContext
from schemas.knowledge import KnowledgeQuery
from schemas.nodes.retrieve import RetrieveConfig


async def run(config: RetrieveConfig, context: StepContext) -> Outcome:
    """Looks it up.

    Raises:
        PerdureError: `not_found` if a knowledge base is not there, or what the model of the vectors raises.
    """
    if config.memory is not None:
        return await _from_memory(config, config.memory, context)
    query = KnowledgeQuery(
        workspace_id=context.step.workspace_id,
        knowledge=tuple(config.knowledge),
        query=config.query,
        top_k=config.top_k,
        mode=config.mode,
        filter=config.filter,
        min_similarity=config.min_similarity,
    )
    found = await context.services.knowledge.search(query, of_step(context))
    passages = [passage.model_dump(mode="json") for passage in found.passages]
    text = "\n\n".join(
        f"[{number}] {passage.citation}\n{passage.text}" for number, passage in enumerate(found.passages, 1)
    )
    output = {"passages": passages, "facts": [], "text": text}
    return Outcome(output=output, cost_usd=found.cost_usd, tokens_in=found.tokens_in, details={"found": len(passages)})


async def _from_memory(config: RetrieveConfig, memory: str, context: StepContext) -> Outcome:
    facts, tokens, cost = await context.services.knowledge.recall(
        context.step.workspace_id, memory, config.subject, config.query, config.top_k, of_step(context)
    )
    output = {
        "passages": [],
        "facts": [fact.model_dump(mode="json") for fact in facts],
        "text": "\n".join(f"- {fact.text}" for fact in facts),
    }
    return Outcome(output=output, cost_usd=cost, tokens_in=tokens, details={"found": len(facts)})
