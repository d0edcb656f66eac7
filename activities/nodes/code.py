"""`code`: a little Python in the sandbox."""

import base64
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from activities.sandbox import CodeResult
from activities.step import Outcome, StepContext
from activities.text import clean_output, clean_text
from schemas.errors import ErrorCode, PerdureError
from schemas.nodes.code import CodeConfig

_PRINTED_KEPT = 4_000


async def run(config: CodeConfig, context: StepContext) -> Outcome:
    """Runs the code; what it prints goes to whoever watches, the value of its last expression is the output.

    Raises:
        PerdureError: `code_failed`, `code_limit` or `result_too_large`.
    """
    result = await context.services.sandbox.run(
        config.code,
        clean_output(config.inputs),
        max_seconds=config.max_seconds,
        max_memory=config.max_memory_mb * 2**20,
    )
    output = clean_output(result.value, convert=as_json)
    if result.printed:
        await context.emit_text(clean_text(result.printed))
    return Outcome(output=output, details=_details(result))


def _details(result: CodeResult) -> dict[str, Any]:
    return {"printed": result.printed[:_PRINTED_KEPT]} if result.printed else {}


def as_json(value: Any) -> Any:
    """What a value that only Python knows becomes as JSON.

    Raises:
        PerdureError: `code_failed` if it cannot be told in JSON.
    """
    if isinstance(value, set | frozenset):
        return list(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    name = value.__name__ if isinstance(value, type) else type(value).__name__
    raise PerdureError(
        ErrorCode.CODE_FAILED,
        f"The result holds a value of type {name}; give back text, numbers, lists and dicts.",
        details={"type": name},
    )
