"""A stand-in model server speaking the OpenAI and Anthropic HTTP protocols."""
