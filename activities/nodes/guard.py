"""`guard`: what guardrails find in texts, and the texts as they may be used."""

from activities.guardrails.attached import name_of, texts_of
from activities.guardrails.inspection import Inspector
from activities.step import Outcome, StepContext
from schemas.guardrails import Action, Stage
from schemas.nodes.guard import SPEC, GuardConfig


async def run(config: GuardConfig, context: StepContext) -> Outcome:
    """Looks at the texts.

    Raises:
        PerdureError: what asking a model about their topic raises; `not_found`, `invalid_config` for a file.
    """
    opened = context.credentials.named(config.model_dump(include={"credential"}), *SPEC.credential_types)
    inspector = Inspector(context, opened)
    attached = await texts_of(config.files, context.services.files, context.step.workspace_id)
    found = await inspector.inspect(config.guardrails, config.stage, config.texts, attached)
    unseen = tuple(name_of(part) for part, text in zip(config.files, attached, strict=True) if text is None)
    found = found.model_copy(update={"unseen": unseen})
    if config.stage is Stage.OUTPUT and found.verdict in ("pass", Action.MASK):
        for text in found.texts:  # the model's own words were held back until now
            await context.emit_text(text)
    spent = inspector.spent
    return Outcome(
        output=found.model_dump(mode="json"),
        cost_usd=spent.cost_usd,
        tokens_in=spent.tokens_in,
        tokens_out=spent.tokens_out,
        details={"verdict": str(found.verdict), "findings": len(found.findings), "unseen": len(unseen)},
    )
