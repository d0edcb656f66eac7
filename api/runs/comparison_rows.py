"""The query that puts the steps of two runs side by side."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Integer, RowMapping, Text, bindparam, column, func, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from api.runs.kinship import Kinship
from db.tables import Step

MAX_STEPS: Final = 10_000
"""Steps of each run that are compared, the first ones."""

SHOWN_BYTES: Final = 16 * 1024
"""A value that is stored in more is compared, but not shown."""

POSITION: Final = ("part", "since", "place", "path", "iteration")
"""Columns by which the steps are ordered; see `run_log_compare`."""

Position = tuple[int, int, int, str, int]

_COMPARED: Final = func.run_log_compare(
    bindparam("run"),
    bindparam("other"),
    bindparam("forked"),
    bindparam("kept", type_=ARRAY(Text)),
    bindparam("given", type_=ARRAY(Text)),
    bindparam("order", type_=ARRAY(Text)),
    bindparam("groups", type_=ARRAY(Integer)),
    MAX_STEPS,
    SHOWN_BYTES,
).table_valued(
    column("part", Integer),
    column("since", BigInteger),
    column("place", Integer),
    column("path", Text),
    column("iteration", Integer),
    column("kind", Text),
    column("name", Text),
    column("difference", Text),
    column("fields", ARRAY(Text)),
    column("run", JSONB),
    column("other", JSONB),
)
_ORDER: Final = tuple(_COMPARED.c[name] for name in POSITION)
_DIFFERS: Final = _COMPARED.c.difference.not_in(("same", "kept"))


class ComparedSteps:
    """The steps of two runs, joined by path and iteration.

    Args:
        session: A session of the workspace.
        run: One run.
        other: The other one.
        kinship: How they belong together.
    """

    def __init__(self, session: AsyncSession, run: UUID, other: UUID, kinship: Kinship) -> None:
        self._session = session
        self._values: dict[str, Any] = {
            "run": run,
            "other": other,
            "forked": kinship.fork == run,
            "kept": sorted(kinship.kept),
            "given": sorted(kinship.given),
            "order": kinship.order,
            "groups": kinship.groups,
        }

    async def counts(self) -> dict[str, int]:
        """How many steps there are by difference."""
        query = select(_COMPARED.c.difference, func.count().label("steps")).group_by(_COMPARED.c.difference)
        return {row.difference: row.steps for row in await self._session.execute(query, self._values)}

    async def first(self) -> RowMapping | None:
        """The first step that is not the same in both."""
        query = select(_COMPARED).where(_DIFFERS).order_by(*_ORDER).limit(1)
        return (await self._session.execute(query, self._values)).mappings().one_or_none()

    async def page(self, after: Position, limit: int, *, whole: bool) -> list[RowMapping]:
        """Steps in order; unless the whole is wanted, only those that are not the same."""
        query = select(_COMPARED).where(tuple_(*_ORDER) > after).order_by(*_ORDER).limit(limit)
        rows = await self._session.execute(query if whole else query.where(_DIFFERS), self._values)
        return list(rows.mappings())

    async def complete(self) -> bool:
        """Whether neither run has more steps than are compared."""
        runs = (self._values["run"], self._values["other"])
        longer = select(Step.run_id).where(Step.run_id.in_(runs)).group_by(Step.run_id).having(func.count() > MAX_STEPS)
        return await self._session.scalar(longer.limit(1)) is None
