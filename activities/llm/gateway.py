"""The one way to ask a language model."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from activities.llm import prices, structured
from activities.llm.answer import finish_of, message_of, usage_of
from activities.llm.anthropic_provider import AnthropicProvider
from activities.llm.call import EmbedCall, LlmAnswer, LlmRequest, ModelCall, OnText, Provider
from activities.llm.connections import Guarded, unguarded
from activities.llm.embedding import AT_ONCE, Embedded, EmbedRequest, batches, checked_vectors
from activities.llm.errors import judge, may_fall_back, translate, unusable
from activities.llm.first_call import first_call
from activities.llm.litellm_provider import LiteLlmProvider
from activities.llm.meter import Meter, Planned
from activities.llm.openai_provider import OpenAiProvider
from activities.llm.planning import planned, planned_embedding
from activities.llm.reply import Reply
from activities.llm.routing import FindRoute, Route, Vendor, chain, embedding_chain
from activities.llm.routing import route as vendor_route
from activities.llm.settings import LlmSettings, RateLimit
from activities.llm.spend import Spend
from activities.llm.structured import Shape, UnusableAnswerError, shape_of
from activities.llm.viewers import Viewers
from activities.text import clean_text
from schemas.conversation import Finish, Message, MessageRole
from schemas.errors import ErrorCode, PerdureError

_STOPPED: Final = frozenset({ErrorCode.THROTTLED, ErrorCode.BUDGET_EXHAUSTED, ErrorCode.QUOTA_EXCEEDED})
"""A call was not made; whatever failed before it says less than that."""


class LlmGateway:
    """Asks models, keeps the vendors' connections, and knows what each call cost.

    Within one attempt of a step the model and its fallbacks are tried in order: the next one is asked when the one
    before is unknown, busy, broken, unreachable, gave an unusable answer, or cannot take so long a prompt. A wrong
    configuration, a key that is not accepted and a refusal end the attempt at once, for another model would only
    hide them. If all fail, the error is the first that is worth another attempt, else the first; waiting and trying
    again is Temporal's business.
    """

    def __init__(
        self, settings: LlmSettings, find_route: FindRoute = vendor_route, guarded: Guarded = unguarded
    ) -> None:
        self._settings = settings
        self._find_route = find_route
        self._providers: dict[Vendor, Provider] = {
            Vendor.OPENAI: OpenAiProvider(settings, guarded),
            Vendor.ANTHROPIC: AnthropicProvider(settings, guarded),
            Vendor.LITELLM: LiteLlmProvider(settings),
        }

    async def complete(
        self, request: LlmRequest, on_text: OnText, meter: Meter | None = None, until: float | None = None
    ) -> LlmAnswer:
        """The answer to a request.

        Args:
            request: What to ask.
            on_text: Receives the text as it arrives.
            meter: Lets each call pass, and counts it.
            until: When it must be there, on the clock of the event loop.

        Raises:
            PerdureError: with the tokens and the cost of the failed attempt in its details.
        """
        await prices.ready()
        shape = await shape_of(request.output_schema) if request.output_schema is not None else None
        spend = Spend(meter)
        failures: list[PerdureError] = []
        clock = asyncio.timeout_at(until)
        try:
            async with clock:
                answer = await self._first_answer(request, shape, spend, Viewers(on_text), failures)
                if answer is not None:
                    return answer
        except TimeoutError:
            if not clock.expired():
                raise
            failures.append(PerdureError(ErrorCode.TIMEOUT, f"{request.model} did not answer in the time of the step."))
        raise _conclusion(failures, spend)

    async def _first_answer(
        self, request: LlmRequest, shape: Shape | None, spend: Spend, stream: Viewers, failures: list[PerdureError]
    ) -> LlmAnswer | None:
        """The answer of the first model that gives one; why the others did not is added to the failures."""
        for route in chain(self._settings, request.model, request.fallbacks, self._find_route):
            await stream.restart()
            try:
                return await self._answer(route, request, shape, spend, stream)
            except PerdureError as error:
                failures.append(error)
                if not may_fall_back(error):
                    break
        return None

    async def embed(self, request: EmbedRequest, meter: Meter | None = None) -> Embedded:
        """Vectors for texts.

        All texts are turned by the same model: vectors of different ones cannot be compared, so that an alias which
        stands for several models is asked for the first only.

        Raises:
            PerdureError: with the tokens and the cost of the failed attempt in its details.
        """
        await prices.ready()
        route = embedding_chain(self._settings, request.model, self._find_route)[0]
        spend, waiting = Spend(meter), asyncio.Semaphore(AT_ONCE)

        async def embed(index: int, texts: tuple[str, ...]) -> list[list[float]]:
            async with waiting:
                return await self._embed(route, request, index, texts, spend)

        try:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(embed(*batch)) for batch in enumerate(batches(request.texts))]
        except ExceptionGroup as failed:
            raise _first_failure(failed, spend) from None
        vectors = [vector for task in running for vector in task.result()]
        details = {**spend.report(), "vendor": route.vendor.value}
        return Embedded(vectors, route.model, spend.tokens_in, float(spend.cost), details)

    @property
    def rate_limits(self) -> dict[str, RateLimit]:
        """How often keys may be used."""
        return self._settings.rate_limits

    async def close(self) -> None:
        """Close all connections."""
        for provider in self._providers.values():
            await provider.close()

    async def _answer(
        self, route: Route, request: LlmRequest, shape: Shape | None, spend: Spend, stream: Viewers
    ) -> LlmAnswer:
        call, ignored = first_call(route, request, self._settings)
        reply = await self._ask(route, call, shape, spend, stream)
        data = None
        if shape is not None and not reply.calls:
            data, reply = await self._data(route, call, shape, reply, spend, stream)
        message = await message_of(reply, call, route)
        output = data if shape is not None else message.text
        finish = finish_of(reply)
        details: dict[str, Any] = {**spend.report(), "vendor": route.vendor.value, "finish": finish.value, **ignored}
        answer = LlmAnswer(
            output=output,
            message=message,
            finish=finish,
            model=route.model,
            usage=usage_of(reply, route),
            tokens_in=spend.tokens_in,
            tokens_out=spend.tokens_out,
            cost_usd=float(spend.cost),
            details=details,
        )
        if answer.truncated:
            details["truncated"] = True
        return answer

    async def _data(
        self, route: Route, call: ModelCall, shape: Shape, reply: Reply, spend: Spend, stream: Viewers
    ) -> tuple[Any, Reply]:
        """The data of a structured answer; an unusable one is sent back once, with what is wrong."""
        try:
            return shape.parse(reply.text), reply
        except UnusableAnswerError as problem:
            call = replace(call, messages=(*call.messages, *_objection(reply, problem)))
        await stream.restart()
        reply = await self._ask(route, call, shape, spend, stream)
        if reply.calls:
            return None, reply
        try:
            return shape.parse(reply.text), reply
        except UnusableAnswerError as problem:
            raise unusable(problem, route) from problem

    async def _ask(self, route: Route, call: ModelCall, shape: Shape | None, spend: Spend, stream: Viewers) -> Reply:
        reply = Reply()
        async with self._counted(planned(call, route), reply, spend):
            await self._providers[route.vendor].ask(call, reply, stream.send)
        judge(reply, route, structured=shape is not None, tools=bool(call.tools))
        return reply

    async def _embed(
        self, route: Route, request: EmbedRequest, index: int, texts: tuple[str, ...], spend: Spend
    ) -> list[list[float]]:
        call, reply = EmbedCall(route.model, texts, request.dimensions, request.step_key), Reply(finish=Finish.STOP)
        async with self._counted(planned_embedding(call, route, index), reply, spend):
            found = await self._providers[route.vendor].embed(call)
            reply.usage.fresh_in = found.tokens_in
        return checked_vectors(found, call, route)

    @asynccontextmanager
    async def _counted(self, call: Planned, reply: Reply, spend: Spend) -> AsyncIterator[None]:
        """Around one call: it must be its turn, its errors become ours, and what it took is counted."""
        call = replace(call, key=self._settings.key_digest(call.route.vendor))
        broken = True
        async with spend.meter.metered(call) as used:
            try:
                yield
                broken = False
            except Exception as error:
                translated = translate(error, call.route, reply, self._settings.secrets())
                if translated is None:
                    raise
                raise translated from error
            finally:
                used.cost = spend.add(call, reply, broken=broken)
                used.tokens = reply.usage.tokens_in + reply.usage.tokens_out


def _objection(reply: Reply, problem: UnusableAnswerError) -> tuple[Message, Message]:
    """The unusable answer and what is wrong with it, as the conversation goes on."""
    return (
        Message.said(MessageRole.ASSISTANT, clean_text(reply.text)),
        Message.said(MessageRole.USER, structured.correction(problem)),
    )


def _first_failure(failed: ExceptionGroup[Exception], spend: Spend) -> Exception:
    known = [error for error in failed.exceptions if isinstance(error, PerdureError)]
    return _conclusion(known[:1], spend) if known else failed.exceptions[0]


def _conclusion(failures: list[PerdureError], spend: Spend) -> PerdureError:
    """The failure of the whole attempt."""
    again = [failure for failure in failures if failure.info.reaction.retryable]
    stopped = [failure for failure in failures if failure.code in _STOPPED]
    worst = (stopped or again or failures)[0]
    if stopped:
        again = stopped
    details = {**worst.info.details, "spent": spend.report()}
    if len(failures) > 1:
        details["tried"] = [failure.info.model_dump(mode="json", include={"code", "message"}) for failure in failures]
    waits = [failure.retry_after for failure in again]
    # The whole chain is tried again, so the first model that is ready ends the wait.
    wait = min((w for w in waits if w is not None), default=None) if all(w is not None for w in waits) else None
    return PerdureError(worst.code, worst.info.message, retry_after=wait, details=details)
