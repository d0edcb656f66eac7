"""Behaviour of `llm`."""

from activities.llm.asking import ask, outcome
from activities.llm.call import LlmRequest, asked
from activities.step import Outcome, StepContext
from schemas.nodes.llm import SPEC, LlmConfig


async def run(config: LlmConfig, context: StepContext) -> Outcome:
    """Ask the model; the output is its text, or data of the configured shape."""
    redactor = context.redactor
    request = LlmRequest(
        model=config.model,
        messages=asked(redactor.text(config.prompt)),
        fallbacks=tuple(config.fallbacks),
        system=None if config.system is None else redactor.text(config.system),
        output_schema=config.output_schema,
        temperature=config.temperature,
        max_tokens=config.max_tokens,
        thinking=config.thinking,
        step_key=context.step.idempotency_key,
    )
    opened = context.credentials.named(config.model_dump(include={"credential"}), *SPEC.credential_types)
    answer = await ask(context, opened, request, config.cache)
    return outcome(answer, answer.output)
