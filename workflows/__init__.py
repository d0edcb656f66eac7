"""Deterministic code that walks a plan."""
