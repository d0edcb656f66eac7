"""Turns the errors of pydantic into faults."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schemas.compiler.kinds import field_names, model_at
from schemas.compiler.report import Place, Report
from schemas.faults import FaultCode, Pointer, field_path, suggestion

ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True)
class Checked(Generic[ModelT]):
    """Outcome of a check.

    Attributes:
        model: The value, if it is sound.
        bad: Top-level fields that are wrong.
    """

    model: ModelT | None
    bad: frozenset[str] = frozenset()


_CODES = {"extra_forbidden": FaultCode.UNKNOWN_FIELD, "missing": FaultCode.MISSING_FIELD}


def validate(
    model: type[ModelT], raw: Any, place: Place, report: Report, *, at: Pointer = (), templates: bool = False
) -> Checked[ModelT]:
    """Reports what is wrong with a raw value.

    Args:
        model: What it should be.
        raw: The value.
        place: The node or graph it belongs to.
        report: Takes the faults.
        at: Where the value stands in the node or graph.
        templates: Whether text with `{{` stands for a value that is only known when the step runs. Names and choices
            that the graph depends on cannot wait that long.
    """
    try:
        return Checked(model.model_validate(raw))
    except ValidationError as error:
        bad = set()
        for detail in error.errors(include_url=False):
            if templates and _is_template(detail):
                continue
            pointer = _pointer(raw, detail["loc"])
            bad.add(str(pointer[0]) if pointer else "")
            if report.full:
                continue  # for a sentence takes time, and nobody would read it
            code = _CODES.get(detail["type"], FaultCode.INVALID_VALUE)
            report.add(code, place, _sentence(model, detail, pointer, at), at + pointer)
        return Checked(None, frozenset(bad))


def _is_template(detail: ErrorDetails) -> bool:
    text = detail["input"]
    return isinstance(text, str) and "{{" in text and detail["type"] != "string_pattern_mismatch"


def _pointer(raw: Any, loc: tuple[int | str, ...]) -> Pointer:
    """The part of pydantic's location that exists in the value: it also names union members and models."""
    pointer: list[int | str] = []
    for number, part in enumerate(loc):
        last = number == len(loc) - 1
        if isinstance(raw, dict) and (part in raw or (last and isinstance(part, str))):
            raw = raw.get(part)
        elif isinstance(raw, list) and isinstance(part, int) and part < len(raw):
            raw = raw[part]
        else:
            continue
        pointer.append(part)
    return tuple(pointer)


def _sentence(model: type[BaseModel], detail: ErrorDetails, pointer: Pointer, at: Pointer) -> str:
    where = field_path(at + pointer)
    if detail["type"] == "extra_forbidden":
        owner = model_at(model, pointer[:-1])
        return f"There is no field `{where}`" + suggestion(str(pointer[-1]), field_names(owner) if owner else ())
    if detail["type"] == "missing":
        return f"The field `{where}` is missing."
    message = detail["msg"].removeprefix("Value error, ").replace(" after validation", "")[:500].rstrip(".")
    if not where:
        return message[0].upper() + message[1:] + "."
    if message.startswith("Input "):
        return f"`{where}` {message.removeprefix('Input ')}."
    return f"`{where}`: {message[0].lower()}{message[1:]}."
