"""What of a request a model can be asked, in which form."""

from typing import Any, Final

from activities.llm import prices, shapes
from activities.llm.call import LlmRequest, ModelCall
from activities.llm.routing import Route, Vendor
from activities.llm.settings import LlmSettings
from activities.llm.thinking import effort_of
from schemas.conversation import Effort

_FREE_CHOICES: Final = ("auto", "none")


def first_call(route: Route, request: LlmRequest, settings: LlmSettings) -> tuple[ModelCall, dict[str, Any]]:
    """The call for a model, and what of the request it cannot take."""
    schema, system, facts = request.output_schema, request.system, prices.facts(route)
    if schema is not None and not _by_api(route, schema):
        system = "\n\n".join(part for part in (system, shapes.instructions(schema)) if part)
        schema = None
    thinking = _thinking(route, request, facts)
    temperature = request.temperature if _takes_temperature(route, thinking is not None) else None
    call = ModelCall(
        model=route.model,
        messages=request.messages,
        system=system,
        output_schema=schema,
        temperature=temperature,
        max_tokens=request.max_tokens,
        step_key=request.step_key,
        tools=request.tools,
        tool_choice=request.tool_choice,
        thinking=thinking,
        reasons=facts.get("supports_reasoning") is True,
        adaptive_thinking=facts.get("supports_adaptive_thinking") is True,
        prompt_cache=request.prompt_cache,
        responses=route.responses or _by_responses(route, request, facts, settings),
    )
    asked = {"temperature": (request.temperature, temperature), "thinking": (request.thinking, thinking)}
    dropped = [name for name, (wanted, given) in asked.items() if wanted is not None and given is None]
    return call, {"ignored": dropped} if dropped else {}


def _by_responses(route: Route, request: LlmRequest, facts: dict[str, Any], settings: LlmSettings) -> bool:
    """Whether a model of OpenAI is asked by its responses API.

    OpenAI itself refuses tools for models that think in chat completions; other servers may not know the other API.
    """
    if route.vendor is not Vendor.OPENAI or settings.openai_api == "chat":
        return False
    if settings.openai_api == "responses":
        return True
    offered = facts.get("supported_endpoints") or ()
    if "/v1/responses" not in offered:
        return False
    thinks = facts.get("supports_reasoning") is True
    needed = "/v1/chat/completions" not in offered or (thinks and bool(request.tools))
    return needed and settings.asks_openai_itself


def _by_api(route: Route, schema: dict[str, Any]) -> bool:
    """Whether the vendor's API itself can hold the model to the schema; else the model is told in words."""
    if not shapes.is_object(schema) or not prices.takes_schema(route):
        return False
    return route.vendor is not Vendor.ANTHROPIC or shapes.is_strict(schema)


def _thinking(route: Route, request: LlmRequest, facts: dict[str, Any]) -> int | Effort | None:
    """How hard the model thinks, in a way that it knows; None if it cannot be told."""
    if request.thinking is None or not _may_think(route, request):
        return None
    least = effort_of(request.thinking) == "minimal" and route.vendor is not Vendor.ANTHROPIC
    return "low" if least and facts.get("supports_minimal_reasoning_effort") is not True else request.thinking


def _may_think(route: Route, request: LlmRequest) -> bool:
    if route.vendor is Vendor.ANTHROPIC and request.tool_choice not in _FREE_CHOICES:
        return False
    facts = prices.facts(route)
    return not facts or facts.get("supports_reasoning") is True


def _takes_temperature(route: Route, thinking: bool) -> bool:
    if thinking and route.vendor is Vendor.ANTHROPIC:
        return False
    return prices.accepts_temperature(route)
