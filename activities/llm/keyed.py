"""Models that are asked with the key of a credential instead of the operator's."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from pydantic import SecretStr

from activities.credentials.vault import Opened
from activities.egress.network import Resolver, system_resolver
from activities.egress.settings import EgressSettings
from activities.egress.transport import GuardedTransport, transport_for
from activities.llm.connections import unguarded
from activities.llm.gateway import LlmGateway
from activities.llm.routing import FindRoute, Route, Vendor, route
from activities.llm.settings import LlmSettings
from schemas.errors import ErrorCode, PerdureError

MAX_GATEWAYS: Final = 32
"""Gateways whose connections are kept for the next step."""

OTHER: Final = "other"
_SPEAKS: Final = {"openai": Vendor.OPENAI, "anthropic": Vendor.ANTHROPIC, OTHER: Vendor.OPENAI}
_NO_KEYS: Final[dict[str, Any]] = dict.fromkeys(
    (
        "openai_api_key",
        "openai_base_url",
        "anthropic_api_key",
        "anthropic_base_url",
        "litellm_api_base",
        "litellm_api_key",
    )
)


@dataclass
class _Kept:
    gateway: LlmGateway
    users: int = 0
    old: bool = False


class KeyedGateways:
    """A gateway per credential, which knows no key but that of the credential.

    Args:
        settings: Aliases and bounds; the operator's keys in it are not used.
        egress: Which addresses a credential may lead to.
        resolver: Finds the addresses of a host name.
    """

    def __init__(self, settings: LlmSettings, egress: EgressSettings, resolver: Resolver = system_resolver) -> None:
        self._settings = settings
        self._egress = egress
        self._resolver = resolver
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    @asynccontextmanager
    async def gateway(self, opened: Opened) -> AsyncIterator[LlmGateway]:
        """The gateway of a credential, for as long as the block runs."""
        kept = await self._take(opened)
        kept.users += 1
        try:
            yield kept.gateway
        finally:
            kept.users -= 1
            if kept.old and not kept.users:
                await kept.gateway.close()

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(kept.gateway.close() for kept in self._kept.values()))
        self._kept.clear()

    async def _take(self, opened: Opened) -> _Kept:
        key = (str(opened.id), opened.stamp)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = _Kept(self._made(opened))
        self._kept.move_to_end(key)
        if len(self._kept) > MAX_GATEWAYS:
            _, oldest = self._kept.popitem(last=False)
            oldest.old = True
            if not oldest.users:
                await oldest.gateway.close()
        return kept

    def _made(self, opened: Opened) -> LlmGateway:
        base_url = opened.public.get("base_url")
        guarded = self._guarded if base_url else unguarded
        return LlmGateway(settings_of(self._settings, opened), routes_of(opened), guarded)

    def _guarded(self, library: Any) -> dict[str, Any]:
        inner = GuardedTransport(self._egress, self._resolver)
        # A redirect would take the key along: not every library knows that the vendor's header holds one.
        return {"transport": transport_for(library, inner), "follow_redirects": False}


def settings_of(settings: LlmSettings, opened: Opened) -> LlmSettings:
    """The settings with the key and the address of a credential, and no other."""
    provider, base_url = opened.public["provider"], opened.public.get("base_url")
    key = SecretStr(opened.secret["api_key"])
    if provider == Vendor.ANTHROPIC:
        own: dict[str, Any] = {"anthropic_api_key": key, "anthropic_base_url": base_url}
    elif provider == Vendor.OPENAI or base_url:
        own = {"openai_api_key": key, "openai_base_url": base_url}
    else:
        own = {"litellm_api_key": key}
    return settings.model_copy(update={**_NO_KEYS, **own})


def routes_of(opened: Opened) -> FindRoute:
    """Who answers for a model name when it is asked with a credential: its provider, or nobody."""
    provider, has_address = opened.public["provider"], bool(opened.public.get("base_url"))
    vendor = Vendor.LITELLM if provider == OTHER and not has_address else _SPEAKS[provider]

    def find(model: str) -> Route:
        found = route(model)
        if found.vendor is vendor:
            return found
        if has_address:
            # A server of one's own may call its models what it likes.
            return Route(vendor, model)
        raise PerdureError(
            ErrorCode.INVALID_CONFIG,
            f"The credential {opened.name!r} is for {provider} models, and {model[:100]!r} is none; "
            "name another model or another credential.",
        )

    return find
