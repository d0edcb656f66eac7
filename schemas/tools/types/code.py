"""`code`: Python that a model writes, which may call chosen tools of the agent; carried out by the workflow."""

from pydantic import Field

from schemas.conversation import ToolDefinition
from schemas.tools.spec import Effect, Idempotency, ToolSettings, ToolSpec, object_schema


class CodeSettings(ToolSettings):
    """Settings of `code`."""

    tools: tuple[str, ...] = Field(
        default=(),
        max_length=50,
        description="Names of tools of the same agent that the code may call, each as a function with named arguments; "
        "every call is a step with the tool's own policy.",
    )
    max_calls: int = Field(default=50, ge=0, le=1_000, description="Most calls of tools by one piece of code.")
    max_seconds: float = Field(default=2.0, gt=0, le=10.0, description="Longest run time, without the tools'.")
    max_memory_mb: int = Field(default=64, ge=1, le=512, description="Most memory.")


def _definitions(settings: CodeSettings) -> tuple[ToolDefinition, ...]:
    told = (
        "Runs Python in a sandbox without files and network; the value of the last expression is the result. Only "
        "basic modules are there; no packages."
    )
    if settings.tools:
        named = ", ".join(settings.tools)
        told += (
            f" These tools are functions in it, called with named arguments, each giving back its result: {named}."
            " Use it to call them many times or to compute with their results."
        )
    schema = object_schema(("code",), code={"type": "string", "minLength": 1, "maxLength": 50_000})
    return (ToolDefinition(name="run_python", description=told, input_schema=schema),)


SPEC = ToolSpec(
    type="code",
    title="Python",
    description="Python that the model writes, in a sandbox; it may call chosen tools.",
    icon="brand-python",
    settings=CodeSettings,
    define=_definitions,
    effect=Effect.PURE,
    idempotency=Idempotency.KEY,
    control=True,
    hints={"tools": {"widget": "tools"}},
)
