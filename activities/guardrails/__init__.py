"""How guardrails look at texts."""
