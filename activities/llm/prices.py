"""What a call costs, by the price map that ships with LiteLLM; money is exact decimal US dollars."""

import asyncio
import json
import re
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from activities.llm.reply import Usage
from activities.llm.routing import Route, Vendor
from activities.llm.settings import ModelPrice

_MAP_FILE = "model_prices_and_context_window_backup.json"
_INPUT, _OUTPUT = "input_cost_per_token", "output_cost_per_token"
_READ, _WRITE = "cache_read_input_token_cost", "cache_creation_input_token_cost"
_KEPT = {
    *(_INPUT, _OUTPUT, _READ, _WRITE, "max_input_tokens", "max_output_tokens", "supported_endpoints", "mode"),
    *("supports_response_schema", "supports_sampling_params", "supports_reasoning", "supports_adaptive_thinking"),
    "supports_minimal_reasoning_effort",
}
_OWN: dict[str, dict[str, Any]] = {}
"""Prices of the operator, by model."""
_TIER = re.compile(rf"^{_INPUT}_above_(\d+)k_tokens$")


async def ready() -> None:
    """Load the map beside the event loop; later calls cost nothing."""
    if not _price_map.cache_info().currsize:
        await asyncio.to_thread(_price_map)


def cost_of(route: Route, usage: Usage) -> Decimal | None:
    """Dollars of a call; None if the model's price is not known."""
    prices = facts(route)
    if _INPUT not in prices or (_OUTPUT not in prices and usage.tokens_out):
        return None
    tier = _tier(prices, usage.tokens_in)
    fresh = _price(prices, _INPUT, tier)
    read, write = _price(prices, _READ, tier, fresh), _price(prices, _WRITE, tier, fresh)
    spent = usage.fresh_in * fresh + usage.cache_read * read + usage.cache_write * write
    return spent + usage.tokens_out * _price(prices, _OUTPUT, tier)


def also_known(own: dict[str, ModelPrice]) -> None:
    """Prices that the operator has given; they stand above the map. For the whole process."""
    _OWN.clear()
    _OWN.update({name: price.as_facts() for name, price in own.items()})


def most_of(route: Route, tokens_in: int, tokens_out: int, *, remembered: bool) -> Decimal | None:
    """Dollars that a call of such a size takes at most; None if the model's price is not known.

    Args:
        route: The model.
        tokens_in: Tokens that are sent.
        tokens_out: Longest answer.
        remembered: Whether what is sent may be put into the provider's cache, which costs more.
    """
    fresh = cost_of(route, Usage(fresh_in=tokens_in, tokens_out=tokens_out))
    written = cost_of(route, Usage(cache_write=tokens_in, tokens_out=tokens_out))
    return fresh if fresh is None or written is None or not remembered else max(fresh, written)


def facts(route: Route) -> dict[str, Any]:
    """What the map knows about a model: prices per token and abilities; empty for an unknown one."""
    known = _price_map()
    # A fine-tuned model, `ft:gpt-4o-2024-08-06:acme::7p4lURel`, costs what its kind costs.
    kind = ":".join(route.model.split(":")[:2])
    names = (route.model, f"{route.vendor}/{route.model}", kind)
    told: dict[str, Any] = next((known[name] for name in names if name in known), {})
    own = next((_OWN[name] for name in names if name in _OWN), None)
    if own is None:
        return told
    return {**{name: value for name, value in told.items() if "_cost" not in name}, **own}


def accepts_temperature(route: Route) -> bool:
    """Whether the model takes a temperature; the newest ones refuse it."""
    return facts(route).get("supports_sampling_params") is not False


def takes_schema(route: Route) -> bool:
    """Whether the model's API can be given a JSON Schema for its answer."""
    return route.vendor is not Vendor.LITELLM or facts(route).get("supports_response_schema") is True


def _tier(prices: dict[str, Any], tokens_in: int) -> str:
    """Suffix of the prices for long inputs, such as `_above_200k_tokens`."""
    starts = [int(found.group(1)) for key in prices if (found := _TIER.match(key))]
    reached = [start for start in starts if tokens_in > start * 1000]
    return f"_above_{max(reached)}k_tokens" if reached else ""


def _price(prices: dict[str, Any], name: str, tier: str, otherwise: Decimal = Decimal(0)) -> Decimal:
    price = prices.get(name + tier) or prices.get(name)
    return Decimal(price) if price is not None else otherwise


@cache
def _price_map() -> dict[str, dict[str, Any]]:
    # Read as a file: to import litellm takes seconds and is not needed for a price.
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    text = (Path(spec.origin).parent / _MAP_FILE).read_text(encoding="utf-8")
    raw: dict[str, dict[str, Any]] = json.loads(text, parse_float=Decimal)
    return {name: _kept(entry) for name, entry in raw.items()}


def _kept(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key in _KEPT or key.endswith("k_tokens")}
