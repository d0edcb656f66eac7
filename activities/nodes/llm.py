"""Behaviour of `llm`."""

from activities.llm.call import LlmRequest
from activities.step import Outcome, StepContext
from schemas.nodes.llm import LlmConfig


async def run(config: LlmConfig, context: StepContext) -> Outcome:
    """Ask the model; the output is its text, or data of the configured shape."""
    request = LlmRequest(
        model=config.model,
        prompt=config.prompt,
        fallbacks=tuple(config.fallbacks),
        system=config.system,
        output_schema=config.output_schema,
        temperature=config.temperature,
        max_tokens=config.max_tokens,
        step_key=context.step.idempotency_key,
    )
    answer = await context.services.llm.complete(request, context.emit_text)
    return Outcome(
        output=answer.output,
        cost_usd=answer.cost_usd,
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        details={"model": answer.model, **answer.details},
    )
