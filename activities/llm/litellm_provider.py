"""Every other vendor, by LiteLLM."""

import asyncio
import importlib
import os
from typing import Any

from activities.llm.call import EmbedCall, ModelCall, OnText, Vectors
from activities.llm.headers import call_headers
from activities.llm.litellm_strictness import refuse_unreadable_events
from activities.llm.openai_messages import LITELLM
from activities.llm.openai_provider import chat_arguments, embed_arguments, hear, vectors_of
from activities.llm.reply import Reply
from activities.llm.settings import LlmSettings
from schemas.errors import ErrorCode, PerdureError


class LiteLlmProvider:
    """Speaks to whatever vendor the prefix of a model name stands for."""

    def __init__(self, settings: LlmSettings) -> None:
        self._settings = settings
        self._library: Any = None
        self._checked: set[str] = set()

    async def ask(self, call: ModelCall, reply: Reply, on_text: OnText) -> None:
        """Make the call and fill in the reply."""
        litellm = await self._loaded()
        self._check(litellm, call.model)
        stream = await litellm.acompletion(
            **chat_arguments(call, LITELLM),
            **self._address(),
            max_tokens=call.max_tokens,
            extra_headers=call_headers(call),
            timeout=self._settings.idle_timeout,
            max_retries=0,
            num_retries=0,
            drop_params=True,
            # It has MCP servers of its own in mind for tools, and imports a library for them that we do not need.
            _skip_mcp_handler=True,
        )
        reply.started = True
        try:
            await hear(stream, reply, on_text)
        finally:
            await stream.aclose()
        if stream.received_finish_reason is None and stream.intermittent_finish_reason is None:
            # LiteLLM makes up a `stop` when a stream ends without one.
            reply.finish = None

    async def embed(self, call: EmbedCall) -> Vectors:
        """See `Provider`."""
        litellm = await self._loaded()
        self._check(litellm, call.model)
        answer = await litellm.aembedding(
            **embed_arguments(call),
            **self._address(),
            extra_headers=call_headers(call),
            timeout=self._settings.idle_timeout,
            max_retries=0,
            drop_params=True,
        )
        return vectors_of(answer)

    async def close(self) -> None:
        """Close the connections."""
        if self._library is not None:
            await self._library.close_litellm_async_clients()

    def _check(self, litellm: Any, model: str) -> None:
        """Refuse early what LiteLLM would report as a bad request or try over the network for seconds."""
        if model in self._checked:
            return
        try:
            litellm.get_llm_provider(model)
        except litellm.BadRequestError as error:
            raise PerdureError(
                ErrorCode.UNKNOWN_MODEL,
                f"No provider is known for the model {model!r}; write it as provider/model, such as mistral/{model}.",
            ) from error
        missing = [] if self._address() else litellm.validate_environment(model)["missing_keys"]
        # Where other things than keys are missing, the vendor may know us by the machine we run on.
        if missing and all(name.endswith("_API_KEY") for name in missing):
            raise PerdureError(
                ErrorCode.MISSING_CREDENTIAL, f"There is no key for the model {model}: set {' or '.join(missing)}."
            )
        self._checked.add(model)

    def _address(self) -> dict[str, Any]:
        settings = self._settings
        address: dict[str, Any] = {}
        if settings.litellm_api_base:
            address = {"api_base": settings.litellm_api_base, "api_key": "none"}
        if settings.litellm_api_key:
            address["api_key"] = settings.litellm_api_key.get_secret_value()
        return address

    async def _loaded(self) -> Any:
        if self._library is None:
            # Without this the import fetches a price map over the network and waits for it.
            os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            # The import takes seconds; heartbeats must go on.
            library: Any = await asyncio.to_thread(importlib.import_module, "litellm")
            library.suppress_debug_info = True
            # Its own token counts are guesses, and for some models it downloads a tokenizer to make them, in a
            # blocking call that is repeated for half a minute. We take the vendor's counts or none.
            library.disable_token_counter = True
            library.disable_hf_tokenizer_download = True
            refuse_unreadable_events()
            self._library = library
        return self._library
