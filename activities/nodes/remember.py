"""`remember`: facts for later runs."""

from activities.knowledge.asking import of_step
from activities.knowledge.memory import Facts
from activities.step import Outcome, StepContext
from schemas.nodes.remember import RememberConfig


async def run(config: RememberConfig, context: StepContext) -> Outcome:
    """Keeps them; done twice it keeps them once.

    Raises:
        PerdureError: what the model of the vectors raises.
    """
    step = context.step
    facts = Facts(
        scope=config.memory,
        texts=tuple(config.facts),
        subject=config.subject,
        expires_in=config.expires_in,
        source={"run_id": step.run_id, "path": step.path},
        by=step.name,
    )
    kept, tokens, cost = await context.services.knowledge.remember(step.workspace_id, facts, of_step(context))
    output = {"kept": kept, "known": len(config.facts) - kept}
    return Outcome(output=output, cost_usd=cost, tokens_in=tokens)
