"""Which provider answers for which model name."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from activities.llm.settings import LlmSettings
from schemas.errors import ErrorCode, PerdureError

DEFAULT_ALIAS = "default"
RESPONSES = "responses"
"""Prefix of a model name: `responses/gpt-…` is asked by OpenAI's responses API."""
DEFAULT_OPENAI_MODEL = "gpt-6-luna"
DEFAULT_EMBEDDING_MODEL = "text-embedding-3-small"
DEFAULT_ANTHROPIC_MODEL = "claude-haiku-5-5"
_OPENAI = re.compile(r"^(?:ft:)?(?:gpt-|chatgpt-|o\d|text-embedding-)", re.IGNORECASE)
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}$")
_MAX_ALIAS_DEPTH = 10


FindRoute = Callable[[str], "Route"]
"""Says who answers for a model name."""


class Vendor(StrEnum):
    """Families of models."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    LITELLM = "litellm"


@dataclass(frozen=True)
class Route:
    """A model and who answers for it."""

    vendor: Vendor
    model: str
    responses: bool = False
    """Whether OpenAI is asked by its responses API instead of by chat completions."""


def chain(
    settings: LlmSettings, model: str, fallbacks: tuple[str, ...], find_route: "FindRoute | None" = None
) -> list[Route]:
    """All models to try, in order, each once.

    Raises:
        PerdureError: `unknown_model` for a name that cannot be one, `missing_credential` if `default` stands for
            nothing, `invalid_config` if aliases name each other in a circle.
    """
    names = [resolved for name in (model, *fallbacks) for resolved in _resolve(settings, name, 0)]
    return list(dict.fromkeys((find_route or route)(name) for name in names))


def embedding_chain(settings: LlmSettings, model: str, find_route: "FindRoute | None" = None) -> list[Route]:
    """Who turns texts into vectors, in order; `default` is what the settings say.

    Raises:
        PerdureError: as `chain`.
    """
    if model == DEFAULT_ALIAS:
        model = settings.embedding_model or _default_embedding_model(settings)
    return chain(settings, model, (), find_route)


def route(model: str) -> Route:
    """Who answers for a model name."""
    # A name with `://` could lead LiteLLM to an address of the workflow author's choice.
    if not _NAME.match(model) or "//" in model:
        raise PerdureError(ErrorCode.UNKNOWN_MODEL, f"{model[:100]!r} cannot be the name of a model.")
    prefix, _, rest = model.partition("/")
    if rest and prefix == RESPONSES:
        return Route(Vendor.OPENAI, rest, responses=True)
    if rest and prefix == Vendor.OPENAI and rest.startswith(f"{RESPONSES}/"):
        return Route(Vendor.OPENAI, rest.removeprefix(f"{RESPONSES}/"), responses=True)
    if rest and prefix in (Vendor.OPENAI, Vendor.ANTHROPIC):
        return Route(Vendor(prefix), rest)
    if "/" not in model and _OPENAI.match(model):
        return Route(Vendor.OPENAI, model)
    if "/" not in model and model.lower().startswith("claude-"):
        return Route(Vendor.ANTHROPIC, model)
    return Route(Vendor.LITELLM, model)


def _resolve(settings: LlmSettings, name: str, depth: int) -> list[str]:
    if depth > _MAX_ALIAS_DEPTH:
        raise PerdureError(ErrorCode.INVALID_CONFIG, f"The model alias {name!r} leads back to itself.")
    target = settings.model_aliases.get(name)
    if target is None:
        return [_default_model(settings)] if name == DEFAULT_ALIAS else [name]
    targets = [target] if isinstance(target, str) else target
    # An alias may carry the name of the model it stands for, to add further models behind it.
    return [one for t in targets for one in ([t] if t == name else _resolve(settings, t, depth + 1))]


def _default_embedding_model(settings: LlmSettings) -> str:
    if settings.openai_api_key or settings.openai_base_url:
        return DEFAULT_EMBEDDING_MODEL
    raise PerdureError(
        ErrorCode.MISSING_CREDENTIAL,
        "No model is configured that turns texts into vectors: set OPENAI_API_KEY, or PERDURE_EMBEDDING_MODEL and "
        "the key of its provider.",
    )


def _default_model(settings: LlmSettings) -> str:
    if settings.openai_api_key or settings.openai_base_url:
        return DEFAULT_OPENAI_MODEL
    if settings.anthropic_api_key or settings.anthropic_base_url:
        return DEFAULT_ANTHROPIC_MODEL
    raise PerdureError(
        ErrorCode.MISSING_CREDENTIAL,
        "No model provider is configured: set OPENAI_API_KEY or ANTHROPIC_API_KEY, or say in PERDURE_MODEL_ALIASES "
        "which model `default` stands for.",
    )
