"""Answers to what a run asks by itself: a failed step, or one of which nobody knows whether it was carried out."""

from collections.abc import Iterator
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails, to_json

from api.errors import FieldProblem
from db.tables import Approval
from schemas.compiler.kinds import shape_of
from schemas.credentials.references import CREDENTIAL_FIELD, markers, replaced
from schemas.errors import PerdureError
from schemas.expressions import CompileError, compile_expression, parse_template
from schemas.faults import Pointer
from schemas.limits import MAX_VALUE_BYTES
from schemas.node_spec import NodeSpec
from schemas.nodes import specs

EDIT: Final = "edit"
VALUES: Final = frozenset({"skip", "done", "compensate"})
"""Decisions whose data stand for the output of the step."""

_PUBLISHED: Final = (CREDENTIAL_FIELD, "workflow")
"""Settings that only publishing decides."""
_OPEN: Final = "{{"


def problems_of(approval: Approval, decision: str, data: Any) -> list[FieldProblem]:
    """What is wrong with the data of a decision; such data would only fail the step again, or the run."""
    if decision == EDIT:
        return _size_problems(data) or _settings_problems(approval.payload or {}, data)
    return _size_problems(data) if decision in VALUES else []


def _size_problems(data: Any) -> list[FieldProblem]:
    size = len(to_json(data))
    if size <= MAX_VALUE_BYTES:
        return []
    return [FieldProblem(field="", message=f"The data have {size:,} bytes as JSON; the limit is {MAX_VALUE_BYTES:,}.")]


def _settings_problems(payload: dict[str, Any], data: Any) -> list[FieldProblem]:
    spec = specs().get(str(payload.get("kind")))
    if spec is None:
        return [FieldProblem(field="", message="The settings of this kind of step cannot be edited here.")]
    if not isinstance(data, dict):
        return [FieldProblem(field="", message="Give all settings of the step as an object, like `payload.settings`.")]
    problems = [*_published_problems(payload.get("settings") or {}, data)]
    templates = not payload.get("resolved", True)
    problems += _model_problems(spec, data, templates=templates)
    if templates:
        problems += _expression_problems(spec, data)
    return problems


def _published_problems(before: dict[str, Any], data: dict[str, Any]) -> Iterator[FieldProblem]:
    for name in _PUBLISHED:
        if data.get(name) != before.get(name):
            message = f"Which {name} the step uses is decided by publishing; leave it as it is."
            yield FieldProblem(field=f"/{name}", message=message)
    known = dict(markers(before))
    for place, marker in markers(data):
        if known.get(place) != marker:
            message = "Where a credential is put in is decided by publishing; leave it as it is, or write a value."
            yield FieldProblem(field=_pointer(place), message=message)


def _model_problems(spec: NodeSpec, data: dict[str, Any], *, templates: bool) -> list[FieldProblem]:
    # A marker stands for a text that the activity fills in.
    filled = replaced(data, {place: "secret" for place, _ in markers(data)})
    graphs = shape_of(spec.config).graphs
    try:
        spec.config.model_validate(filled)
    except ValidationError as error:
        details = error.errors(include_url=False)
        return [_problem(detail) for detail in details if not _excused(detail, graphs, templates=templates)]
    return []


def _excused(detail: ErrorDetails, graphs: frozenset[str], *, templates: bool) -> bool:
    """Whether a value that does not fit yet may: a template is filled in later, a graph is the published one."""
    if detail["type"] == "missing" and detail["loc"][:1] and detail["loc"][0] in graphs:
        return True
    return templates and isinstance(detail["input"], str) and _OPEN in detail["input"]


def _problem(detail: ErrorDetails) -> FieldProblem:
    message = detail["msg"].removeprefix("Value error, ").rstrip(".")
    return FieldProblem(field=_pointer(detail["loc"]), message=f"{message[:1].upper()}{message[1:]}.")


def _expression_problems(spec: NodeSpec, data: dict[str, Any]) -> Iterator[FieldProblem]:
    shape = shape_of(spec.config)
    for place, text in _texts(data, ()):
        try:
            if shape.is_expression(place):
                compile_expression(text)
            elif _OPEN in text:
                parse_template(text)
        except (PerdureError, CompileError) as error:
            yield FieldProblem(field=_pointer(place), message=str(error))


def _texts(value: Any, place: Pointer) -> Iterator[tuple[Pointer, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*place, index))


def _pointer(place: Pointer) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in place)
