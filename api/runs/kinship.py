"""How two runs belong together: the order of their nodes, and what a fork has taken over from the other."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Run, WorkflowVersion
from engine.blob_store import load_plan
from engine.run_orders import plan_reference
from schemas.messages import RunEdit
from schemas.plan import Plan
from schemas.reach import asks_person, downstream, outermost_header


@dataclass(frozen=True)
class Kinship:
    """What is known of two runs beside their steps."""

    order: list[str]
    """Root nodes of the other run in the order in which they depend on each other."""
    groups: list[int]
    """For each of them, the place at which its outermost loop begins, else its own; places count from 1."""
    fork: UUID | None = None
    """Which of the two is a fork of the other, if one is."""
    kept: frozenset[str] = frozenset()
    """Root nodes whose results it went on from."""
    given: frozenset[str] = frozenset()
    """Root nodes whose outputs it was given."""


async def find_kinship(session: AsyncSession, run: Run, other: Run) -> Kinship:
    """How two runs belong together."""
    version = await session.get_one(WorkflowVersion, other.version_id)
    plan = await load_plan(session, plan_reference(version))
    order = [node.id for node in plan.graph.nodes]
    places = {node: place for place, node in enumerate(order, start=1)}
    groups = [places[outermost_header(plan.graph, node) or node] for node in order]
    fork = run if run.forked_from == other.id else other if other.forked_from == run.id else None
    edit = None if fork is None or fork.edit is None else RunEdit.model_validate(fork.edit)
    if fork is None or edit is None or edit.node is None:
        return Kinship(order, groups)  # the next attempt of a fork does not tell any more how it began
    given = frozenset(edit.outputs)
    return Kinship(order, groups, fork.id, frozenset(order) - given - _anew(plan, edit.node), given)


def _anew(plan: Plan, node: str) -> set[str]:
    asking = [other.id for other in plan.graph.nodes if asks_person(plan.graph, other.id, plan.pinned)]
    return set(downstream(plan.graph, [node, *asking]))
