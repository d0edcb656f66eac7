"""Sends generated requests and holds every answer against the OpenAPI document."""

import copy
import random
import time
from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.openapi.problems import CODES_KEY
from tests.fuzz.world import Visitor

TELLS_BY_503 = "get_readiness"
"""Its 503 is an answer, not a failure."""

TIMEOUT = 20
ALWAYS = {"version", "slug", "workflow"}
"""What is aimed whatever type it had."""

_MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


@schemathesis.check
def documented_code(ctx: Any, response: Any, case: Any) -> None:
    """The code of a problem is one that the operation lists for this status."""
    if response.headers.get("content-type", [""])[0] != "application/problem+json":
        return
    described = case.operation.definition.raw["responses"].get(str(response.status_code), {})
    code, listed = response.json()["code"], described.get(CODES_KEY, [])
    assert code in listed, f"{response.status_code} {code} is not among {listed}"


CONFORMS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    documented_code,
]


def name_of(operation: Any) -> str:
    """Id of an operation."""
    name: str = operation.definition.raw["operationId"]
    return name


def needs(operation: Any) -> set[str]:
    """What must exist for an operation to have success."""
    raw = operation.definition.raw
    named = {parameter["name"] for parameter in raw.get("parameters", ()) if parameter["in"] != "header"}
    body = raw.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    further = {"failed"} if name_of(operation) == "retry_run" else set()
    return named | set(body if isinstance(body, dict) else ()) | further


def checks_of(operation: Any) -> list[Any]:
    """What must hold for every answer of an operation."""
    return CONFORMS if name_of(operation) == TELLS_BY_503 else [schemathesis.checks.not_a_server_error, *CONFORMS]


def attack(
    operation: Any,
    url: str,
    visitors: list[Visitor],
    known: Mapping[str, Any],
    *,
    examples: int,
    chance: int | None,
) -> None:
    """Send generated requests, good ones and bad ones, by one visitor after the other; most to something that exists.

    Args:
        operation: What to call.
        url: Where.
        visitors: Who calls. Who may not calls once.
        known: What exists.
        examples: How many.
        chance: Seed; the same requests every time without one.
    """
    good, bad = (operation.as_strategy(generation_mode=mode) for mode in _MODES)
    callers = in_turn(visitors, name_of(operation))

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=chance is None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(good, good, bad), how=st.sampled_from(["example", "aimed", "as it is"]))
    def send(case: Any, how: str) -> None:
        caller = next(callers)
        if how == "example":
            _take_example(case)
        if how != "as it is":
            aim(case, {**known, "session_id": caller.session_id})
        # What would only make an answer wait.
        case.headers.pop("Prefer", None)
        case.call_and_validate(base_url=url, headers=dict(caller.headers), checks=checks_of(operation), timeout=TIMEOUT)

    (send if chance is None else seed(chance)(send))()


def in_turn(visitors: list[Visitor], operation: str) -> Iterator[Visitor]:
    """Who calls: first everybody once, then those who are let in, again and again."""
    yield from visitors
    yield from cycle([visitor for visitor in visitors if visitor.may(operation)] or visitors)


def _take_example(case: Any) -> None:
    """Send the body that the document shows, with parameters that are needed and no others."""
    content = case.operation.definition.raw.get("requestBody", {}).get("content", {}).get("application/json", {})
    examples = (
        [content["example"]] if "example" in content else [one["value"] for one in content.get("examples", {}).values()]
    )
    if examples:
        case.body, case.media_type = copy.deepcopy(examples[0]), "application/json"
    case.query = {}


def aim(case: Any, known: Mapping[str, Any]) -> None:
    """Point a request at things that exist."""
    for values in (case.path_parameters, case.query, case.body):
        if isinstance(values, dict):
            alike = {name for name in values if name in known and isinstance(values[name], type(known[name]))}
            values.update({name: known[name] for name in alike | (values.keys() & known.keys() & ALWAYS)})


def chances(seconds: float) -> Iterator[int | None]:
    """Seeds for as long as there is time; none, once, if no time is given."""
    if not seconds:
        yield None
        return
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        yield random.randrange(2**31)


def told(error: BaseException) -> str:
    """What is wrong, and how to do it again."""
    inner = getattr(error, "exceptions", ())
    return "\n".join([str(error), *(str(one) for one in inner)])[:3_000]
