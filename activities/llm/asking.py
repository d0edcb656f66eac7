"""How a step asks a model: with the right keys, within the workspace's means, without secrets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from activities.llm.answers import digest_of
from activities.llm.attachments import with_files
from activities.llm.call import LlmAnswer, LlmRequest
from activities.llm.embedding import Embedded, EmbedRequest
from activities.llm.meter import Meter
from activities.step import Outcome, StepContext
from engine.redaction import Redactor
from schemas.conversation import Message, TextPart
from schemas.errors import ErrorCode, PerdureError

if TYPE_CHECKING:
    from activities.credentials.vault import Opened
    from activities.llm.gateway import LlmGateway


async def ask(
    context: StepContext, opened: "Opened | None", request: LlmRequest, cache: float | None = None
) -> LlmAnswer:
    """The answer to a request of a step.

    Args:
        context: The attempt.
        opened: The credential whose key is used instead of the operator's.
        request: What to ask.
        cache: Age in seconds up to which the answer to an equal request is taken instead.

    Raises:
        PerdureError: what `LlmGateway.complete` and the budget raise.
    """
    if cache is None:
        return await _ask(context, opened, request)
    answers, workspace = context.services.answers, context.step.workspace_id
    digest = digest_of(request, None if opened is None else str(opened.id))
    answer = await answers.find(workspace, digest, cache)
    if answer is not None:
        await context.emit_text(answer.message.text)
        return answer
    answer = await _ask(context, opened, request)
    if not answer.truncated:
        await answers.keep(workspace, digest, answer)
    return answer


async def _ask(context: StepContext, opened: "Opened | None", request: LlmRequest) -> LlmAnswer:
    await _check(context)
    messages = await with_files(request.messages, context.services.files, context.step.workspace_id)
    async with _gateway(context, opened) as gateway:
        request = replace(request, messages=messages)
        return await gateway.complete(request, context.emit_text, _meter(context, opened), context.until)


async def embed(context: StepContext, opened: "Opened | None", request: EmbedRequest) -> Embedded:
    """Vectors for texts of a step.

    Args:
        context: The attempt.
        opened: The credential whose key is used instead of the operator's.
        request: The texts.

    Raises:
        PerdureError: what `LlmGateway.embed` and the budget raise.
    """
    await _check(context)
    async with _gateway(context, opened) as gateway:
        return await gateway.embed(request, _meter(context, opened))


async def _check(context: StepContext) -> None:
    """Refuse what the quotas do not allow; the money of a step with a budget is looked at when it is reserved."""
    try:
        await context.services.budget.check(context.step.workspace_id)
    except PerdureError as error:
        if context.step.budget is None or error.info.details.get("quota") != "cost_usd_per_month":
            raise


def _meter(context: StepContext, opened: "Opened | None") -> Meter:
    return context.services.metering.of(context.step, context.timeout, own_key=opened is not None)


@asynccontextmanager
async def _gateway(context: StepContext, opened: "Opened | None") -> AsyncIterator["LlmGateway"]:
    """The gateway with the right keys."""
    services = context.services
    if opened is None:
        yield services.llm
    elif services.keyed_llm is None:
        raise PerdureError(ErrorCode.MISSING_CREDENTIAL, "This worker asks models with its own keys only.")
    else:
        async with services.keyed_llm.gateway(opened) as gateway:
            yield gateway


def outcome(answer: LlmAnswer, output: object) -> Outcome:
    """What the step gives back."""
    return Outcome(
        output=output,
        cost_usd=answer.cost_usd,
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        details={"model": answer.model, **answer.details},
    )


def without_secrets(message: Message, redactor: Redactor) -> Message:
    """The message with no secret in its words; thoughts are sealed and stay as they are."""
    if not redactor:
        return message
    parts = tuple(
        part.model_copy(update={"text": redactor.text(part.text)}) if isinstance(part, TextPart) else part
        for part in message.content
    )
    calls = tuple(call.model_copy(update={"arguments": redactor.value(call.arguments)}) for call in message.tool_calls)
    return message.model_copy(update={"content": parts, "tool_calls": calls})
