"""What requests about saved views name."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from api.requests import parse_id


async def view_id_in(view_id: Annotated[str, Path(max_length=100, description="Id of the saved view.")]) -> UUID:
    """The view that the path names."""
    return parse_id("view", view_id)
