"""Clients without the operator's token."""

from tests.support.people import as_owner, owner, stranger

__all__ = ["as_owner", "owner", "stranger"]
