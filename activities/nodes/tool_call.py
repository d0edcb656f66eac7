"""`tool_call`: checks the arguments, lets the tool do it, and tells the model what it can react to."""

from typing import Any, Final

from activities.step import Outcome, StepContext
from activities.text import clean_output, json_size
from activities.tools import tool_behaviours
from activities.tools.arguments import argument_faults
from schemas.errors import ErrorClass, ErrorCode, PerdureError
from schemas.nodes.tool_call import ToolCallConfig
from schemas.tools.result import MAX_RESULT_CHARS, ToolResult
from schemas.tools.spec import ToolSettings, ToolSpec
from schemas.tools.use import checked_settings

MAX_RESULT_BYTES: Final = 200_000
"""Of data as JSON; larger data would be cut off for the model anyway."""

_FOR_PEOPLE: Final = frozenset({ErrorCode.INVALID_CONFIG})


async def run(config: ToolCallConfig, context: StepContext) -> Outcome:
    """Carries a call out; what the model can react to is a result and no failure of the step.

    Raises:
        PerdureError: what another attempt may mend, what a person must mend, and `outcome_unknown`.
    """
    spec, settings = checked_settings(config.type, config.settings)
    if fault := await _fault(spec, settings, config):
        return Outcome(output=_told(ToolResult.failed(fault)))
    try:
        outcome = await tool_behaviours()[config.type](settings, config.name, config.arguments, context)
    except PerdureError as error:
        if not _is_for_model(error):
            raise
        return Outcome(output=_told(ToolResult.failed(error.info.message)), details={"error": error.code.value})
    return Outcome(
        output=_told(_bounded(outcome.output)),
        cost_usd=outcome.cost_usd,
        tokens_in=outcome.tokens_in,
        tokens_out=outcome.tokens_out,
        details=outcome.details,
    )


async def _fault(spec: ToolSpec, settings: ToolSettings, config: ToolCallConfig) -> str | None:
    """Why a call cannot be made as it is, for the model."""
    if config.type not in tool_behaviours():
        raise PerdureError(ErrorCode.INVALID_CONFIG, f"Calls of {config.type} are no steps of their own.")
    told = next((tool for tool in spec.definitions(settings) if tool.name == config.name), None)
    if told is None:
        return f"There is no tool {config.name[:100]!r}."
    return await argument_faults(told.input_schema, config.arguments)


def _is_for_model(error: PerdureError) -> bool:
    """Whether the model can do something about an error, as by giving other arguments."""
    return error.info.error_class is ErrorClass.USER_CONFIG and error.code not in _FOR_PEOPLE


def _bounded(output: Any) -> ToolResult:
    if isinstance(output, ToolResult):
        return output
    value = clean_output(output)
    if isinstance(value, str) and len(value) > MAX_RESULT_CHARS:
        return ToolResult(value=ToolResult(value=value).text)
    if not isinstance(value, str) and json_size(value) > MAX_RESULT_BYTES:
        return ToolResult(value=ToolResult(value=value).text)
    return ToolResult(value=value)


def _told(result: ToolResult) -> dict[str, Any]:
    parts = [part.model_dump(mode="json", exclude_none=True) for part in result.parts]
    failed = {"is_error": True} if result.is_error else {}
    return {"value": result.value, **failed, **({"parts": parts} if parts else {})}
