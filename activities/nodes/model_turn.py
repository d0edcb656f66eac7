"""Behaviour of `model_turn`."""

from dataclasses import replace

from activities.llm.asking import ask, outcome, without_secrets
from activities.llm.call import LlmAnswer, LlmRequest
from activities.step import Outcome, StepContext
from schemas.conversation import ModelTurn, TurnOutput
from schemas.nodes.model_turn import SPEC


async def run(config: ModelTurn, context: StepContext) -> Outcome:
    """Let the model say the next message; its text is streamed if it may be, its tool calls are only told."""
    if config.silent:
        context = replace(context, emit_text=_unseen)
    opened = context.credentials.named(config.model_dump(include={"credential"}), *SPEC.credential_types)
    answer = await ask(context, opened, _request(config, context), config.cache)
    return outcome(answer, _output(config, answer).model_dump(mode="json", exclude_none=True))


async def _unseen(text: str) -> None:
    """Nobody is shown the text."""


def _request(config: ModelTurn, context: StepContext) -> LlmRequest:
    redactor = context.redactor
    return LlmRequest(
        model=config.model,
        messages=tuple(without_secrets(message, redactor) for message in config.messages),
        fallbacks=config.fallbacks,
        system=None if config.system is None else redactor.text(config.system),
        tools=config.tools,
        tool_choice=config.tool_choice,
        output_schema=config.output_schema,
        temperature=config.temperature,
        max_tokens=config.max_tokens,
        thinking=config.thinking,
        prompt_cache=True,
        step_key=context.step.idempotency_key,
    )


def _output(config: ModelTurn, answer: LlmAnswer) -> TurnOutput:
    return TurnOutput(
        message=answer.message,
        finish=answer.finish,
        truncated=answer.truncated,
        output=answer.output if config.output_schema is not None else None,
        model=answer.model,
        usage=answer.usage,
    )
