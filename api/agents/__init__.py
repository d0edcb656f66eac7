"""Agents: stored configurations that are tried out, published, run and talked to."""
