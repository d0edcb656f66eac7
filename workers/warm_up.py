"""Imports what the first model call would otherwise wait seconds for."""

import asyncio
import importlib
import logging

from activities.llm.settings import LlmSettings

logger = logging.getLogger(__name__)


async def warm_up_providers(settings: LlmSettings) -> None:
    """Import the SDKs of the providers that have a key, in a thread beside the work."""
    wanted = {"openai": settings.openai_api_key, "anthropic": settings.anthropic_api_key}
    for name, key in wanted.items():
        if key is not None:
            try:
                await asyncio.to_thread(importlib.import_module, name)
            except ImportError:
                logger.warning("the SDK %s cannot be imported", name)
