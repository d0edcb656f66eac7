"""The one way to ask a language model."""

from dataclasses import replace
from typing import Any

from activities.llm import prices, shapes, structured
from activities.llm.anthropic_provider import AnthropicProvider
from activities.llm.call import Finish, LlmAnswer, LlmRequest, ModelCall, OnText, Provider, Reply, Turn
from activities.llm.errors import judge, may_fall_back, translate, unusable
from activities.llm.litellm_provider import LiteLlmProvider
from activities.llm.openai_provider import OpenAiProvider
from activities.llm.routing import Route, Vendor, chain
from activities.llm.settings import LlmSettings
from activities.llm.spend import Spend
from activities.llm.structured import Shape, UnusableAnswerError, shape_of
from activities.llm.viewers import Viewers
from activities.text import clean_text
from schemas.errors import PerdureError


class LlmGateway:
    """Asks models, keeps the vendors' connections, and knows what each call cost.

    Within one attempt of a step the model and its fallbacks are tried in order: the next one is asked when the one
    before is unknown, busy, broken, unreachable, gave an unusable answer, or cannot take so long a prompt. A wrong
    configuration, a key that is not accepted and a refusal end the attempt at once, for another model would only
    hide them. If all fail, the error is the first that is worth another attempt, else the first; waiting and trying
    again is Temporal's business.
    """

    def __init__(self, settings: LlmSettings) -> None:
        self._settings = settings
        self._providers: dict[Vendor, Provider] = {
            Vendor.OPENAI: OpenAiProvider(settings),
            Vendor.ANTHROPIC: AnthropicProvider(settings),
            Vendor.LITELLM: LiteLlmProvider(settings),
        }

    async def complete(self, request: LlmRequest, on_text: OnText) -> LlmAnswer:
        """The answer to a request.

        Args:
            request: What to ask.
            on_text: Receives the text as it arrives.

        Raises:
            PerdureError: with the tokens and the cost of the failed attempt in its details.
        """
        await prices.ready()
        shape = await shape_of(request.output_schema) if request.output_schema is not None else None
        spend = Spend()
        failures: list[PerdureError] = []
        stream = Viewers(on_text)
        for route in chain(self._settings, request.model, request.fallbacks):
            await stream.restart()
            try:
                return await self._answer(route, request, shape, spend, stream)
            except PerdureError as error:
                failures.append(error)
                if not may_fall_back(error):
                    break
        raise _conclusion(failures, spend)

    async def close(self) -> None:
        """Close all connections."""
        for provider in self._providers.values():
            await provider.close()

    async def _answer(
        self, route: Route, request: LlmRequest, shape: Shape | None, spend: Spend, stream: Viewers
    ) -> LlmAnswer:
        call, ignored = _first_call(route, request)
        reply = await self._ask(route, call, shape, spend, stream)
        output: Any = clean_text(reply.text)
        if shape is not None:
            output, reply = await self._data(route, call, shape, reply, spend, stream)
        details = {
            **spend.report(),
            "vendor": route.vendor.value,
            "finish": reply.finish and reply.finish.value,
            **ignored,
        }
        if reply.finish in (Finish.LENGTH, Finish.CONTEXT_FULL):
            details["truncated"] = True
        return LlmAnswer(output, route.model, spend.tokens_in, spend.tokens_out, float(spend.cost), details)

    async def _data(
        self, route: Route, call: ModelCall, shape: Shape, reply: Reply, spend: Spend, stream: Viewers
    ) -> tuple[Any, Reply]:
        """The data of a structured answer; an unusable one is sent back once, with what is wrong."""
        try:
            return shape.parse(reply.text), reply
        except UnusableAnswerError as problem:
            call = replace(call, turns=(*call.turns, *_objection(reply, problem)))
        await stream.restart()
        reply = await self._ask(route, call, shape, spend, stream)
        try:
            return shape.parse(reply.text), reply
        except UnusableAnswerError as problem:
            raise unusable(problem, route) from problem

    async def _ask(self, route: Route, call: ModelCall, shape: Shape | None, spend: Spend, stream: Viewers) -> Reply:
        reply = Reply()
        try:
            await self._providers[route.vendor].ask(call, reply, stream.send)
        except Exception as error:
            translated = translate(error, route, reply, self._settings.secrets())
            if translated is None:
                raise
            raise translated from error
        finally:
            spend.add(route, reply)
        judge(reply, route, structured=shape is not None)
        return reply


def _objection(reply: Reply, problem: UnusableAnswerError) -> tuple[Turn, Turn]:
    """The unusable answer and what is wrong with it, as the conversation goes on."""
    return Turn("assistant", clean_text(reply.text)), Turn("user", structured.correction(problem))


def _first_call(route: Route, request: LlmRequest) -> tuple[ModelCall, dict[str, Any]]:
    """The call for a model, and what of the request it cannot take."""
    schema, system, temperature = request.output_schema, request.system, request.temperature
    if schema is not None and not _by_api(route, schema):
        system = "\n\n".join(part for part in (system, shapes.instructions(schema)) if part)
        schema = None
    ignored: dict[str, Any] = {}
    if temperature is not None and not prices.accepts_temperature(route):
        temperature, ignored = None, {"ignored": ["temperature"]}
    call = ModelCall(
        model=route.model,
        turns=(Turn("user", request.prompt),),
        system=system,
        output_schema=schema,
        temperature=temperature,
        max_tokens=request.max_tokens,
        step_key=request.step_key,
    )
    return call, ignored


def _by_api(route: Route, schema: dict[str, Any]) -> bool:
    """Whether the vendor's API itself can hold the model to the schema; else the model is told in words."""
    if not shapes.is_object(schema) or not prices.takes_schema(route):
        return False
    return route.vendor is not Vendor.ANTHROPIC or shapes.is_strict(schema)


def _conclusion(failures: list[PerdureError], spend: Spend) -> PerdureError:
    """The failure of the whole attempt."""
    again = [failure for failure in failures if failure.info.reaction.retryable]
    worst = (again or failures)[0]
    details = {**worst.info.details, "spent": spend.report()}
    if len(failures) > 1:
        details["tried"] = [failure.info.model_dump(mode="json", include={"code", "message"}) for failure in failures]
    waits = [failure.retry_after for failure in again]
    # The whole chain is tried again, so the first model that is ready ends the wait.
    wait = min((w for w in waits if w is not None), default=None) if all(w is not None for w in waits) else None
    return PerdureError(worst.code, worst.info.message, retry_after=wait, details=details)
