"""Connections: the tokens of accounts elsewhere, and the one place through which steps act there."""
