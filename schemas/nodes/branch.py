"""`branch`: takes the port of the first case that is true."""

from pydantic import Field

from schemas.document import Strict
from schemas.node_spec import Example, Expression, NodeConfig, NodeSpec
from schemas.plan import Mode
from schemas.ports import PortRule, PortRules

ELSE = "else"


class Case(Strict):
    """One way out."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Name of the output port.")
    when: Expression = Field(description="CEL condition; the first true case wins.")


class BranchConfig(NodeConfig):
    """Settings of `branch`."""

    cases: list[Case] = Field(min_length=1, max_length=100, description="Tried in order; `else` is implied.")


PORTS = PortRules(rules=(PortRule(each="cases"), PortRule(name=ELSE)))

SPEC = NodeSpec(
    kind="branch",
    title="Branch",
    description="Sends the run one of several ways, by conditions tried in order.",
    category="logic",
    icon="arrows-split",
    mode=Mode.INLINE,
    config=BranchConfig,
    output_schema={"type": "object", "properties": {"case": {"type": "string"}}},
    ports=PORTS,
    latch=True,
    examples=(
        Example(
            name="amount above a limit",
            config={"cases": [{"name": "high", "when": "input.amount > 100"}]},
            scope={"input": {"amount": 250}},
            output={"case": "high"},
            port="high",
        ),
        Example(
            name="nothing matches",
            config={"cases": [{"name": "high", "when": "input.amount > 100"}]},
            scope={"input": {"amount": 5}},
            output={"case": "else"},
            port="else",
        ),
        Example(
            name="condition is not a boolean",
            config={"cases": [{"name": "high", "when": "input.amount"}]},
            scope={"input": {"amount": 5}},
            error="expression_failed",
        ),
    ),
)
