"""Calls to language models: one gateway over the OpenAI and Anthropic SDKs and LiteLLM."""
