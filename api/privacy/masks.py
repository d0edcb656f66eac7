"""What each workspace masks in its views, kept for a moment by every process."""

import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

from db.masks import view_mask
from db.session import Database
from schemas.masking import Mask

KEEP_SECONDS: Final = 3.0
"""After so long a change of the settings holds in every process."""

_MOST: Final = 10_000


class Masks:
    """Gives the mask of a workspace's views.

    Args:
        database: Gives the one where the settings are; asked first when there is a request.
    """

    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database
        self._kept: dict[UUID, tuple[float, Mask | None]] = {}

    async def of(self, workspace_id: UUID) -> Mask | None:
        """The mask, or nothing if the workspace masks no views."""
        kept = self._kept.get(workspace_id)
        if kept is not None and time.monotonic() - kept[0] < KEEP_SECONDS:
            return kept[1]
        async with self._database().tenant(workspace_id) as session:
            mask = await view_mask(session)
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[workspace_id] = (time.monotonic(), mask)
        return mask

    def forget(self, workspace_id: UUID) -> None:
        """Look again at the next request."""
        self._kept.pop(workspace_id, None)
