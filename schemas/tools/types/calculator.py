"""`calculator`: exact arithmetic."""

from schemas.conversation import ToolDefinition
from schemas.tools.spec import Effect, Idempotency, ToolSettings, ToolSpec, object_schema


class CalculatorSettings(ToolSettings):
    """Settings of `calculator`: none."""


_DEFINITION = ToolDefinition(
    name="calculator",
    description="Computes an arithmetic expression exactly. Use it instead of computing yourself. Operators: + - * / "
    "// % ** and comparisons; functions: abs, ceil, floor, round(x, digits), sqrt, exp, ln, log(x, base), sin, cos, "
    "tan, min, max, sum, mean, median; constants: pi, e.",
    input_schema=object_schema(
        ("expression",),
        expression={"type": "string", "maxLength": 2_000, "description": "Such as (1200 * 1.19) / 12."},
    ),
)

SPEC = ToolSpec(
    type="calculator",
    title="Calculator",
    description="Computes arithmetic exactly.",
    icon="calculator",
    settings=CalculatorSettings,
    define=lambda settings: (_DEFINITION,),
    effect=Effect.PURE,
    idempotency=Idempotency.KEY,
)
