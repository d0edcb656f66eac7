"""Servers that `perdure up` and the tests start by themselves: PostgreSQL and Temporal."""
