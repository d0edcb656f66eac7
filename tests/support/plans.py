"""Plans for tests that need one but do not care what it does."""

from schemas.document import Limits, Retry
from schemas.plan import Mode, Plan, PlanGraph, PlanNode


def stub_plan(name: str = "Stub", *, nodes: int = 1, text: str = "") -> Plan:
    """A plan of nodes that do nothing; `text` makes it larger."""
    return Plan(
        name=name,
        input_schema={},
        vars={"text": text},
        limits=Limits(),
        graph=PlanGraph(nodes=tuple(_node(index) for index in range(nodes)), edges=()),
    )


def _node(index: int) -> PlanNode:
    return PlanNode(
        id=f"n{index}",
        kind="transform",
        name=f"n{index}",
        mode=Mode.INLINE,
        config={"value": index},
        ports=("out",),
        retry=Retry(),
        timeout=60,
    )
