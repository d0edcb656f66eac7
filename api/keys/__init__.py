"""API keys: how programs call."""
