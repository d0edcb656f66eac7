"""`memory`: facts that are kept once, and found by meaning and words."""

from typing import Any

from activities.knowledge.asking import of_step
from activities.knowledge.memory import Facts
from activities.step import Outcome, StepContext
from schemas.tools.types.memory import REMEMBER, MemorySettings


async def run(settings: MemorySettings, name: str, arguments: dict[str, Any], context: StepContext) -> Outcome:
    """Keeps facts or looks them up; what is kept twice is kept once.

    Raises:
        PerdureError: what the model of the vectors raises.
    """
    if name == REMEMBER:
        return await _remember(settings, arguments["facts"], context)
    step, knowledge = context.step, context.services.knowledge
    facts, tokens, cost = await knowledge.recall(
        step.workspace_id,
        settings.memory,
        settings.subject,
        arguments["query"],
        settings.top_k,
        of_step(context),
        exact=True,
    )
    told = [{"text": fact.text, "since": fact.created_at[:10]} for fact in facts]
    return Outcome(output={"facts": told}, cost_usd=cost, tokens_in=tokens, details={"found": len(told)})


async def _remember(settings: MemorySettings, texts: list[str], context: StepContext) -> Outcome:
    step = context.step
    facts = Facts(
        scope=settings.memory,
        texts=tuple(context.redactor.text(text) for text in texts),
        subject=settings.subject,
        expires_in=settings.expires_in,
        source={"run_id": step.run_id, "path": step.path},
        by=step.name,
    )
    kept, tokens, cost = await context.services.knowledge.remember(step.workspace_id, facts, of_step(context))
    return Outcome(output={"kept": kept, "known": len(texts) - kept}, cost_usd=cost, tokens_in=tokens)
