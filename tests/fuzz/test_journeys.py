"""Requests that follow each other by the links of the document: what is made is read, changed, ended and read again."""

import asyncio
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, seed, settings

from api.services import Services
from tests.fuzz.requests import aim, chances, checks_of, told
from tests.fuzz.test_operations import SECONDS
from tests.fuzz.world import MAKERS, Visitor, furnish, visitors
from tests.support.api_document import api_document
from tests.support.serving import served

JOURNEYS, STEPS = (20, 30) if SECONDS else (4, 12)

pytestmark = [pytest.mark.longer, pytest.mark.timeout(SECONDS * 2 + 300), pytest.mark.usefixtures("worker")]


async def test_journeys_of_every_role(app: FastAPI, services: Services) -> None:
    # A copy: Schemathesis writes links of its own into what it reads.
    schema = schemathesis.openapi.from_dict(deepcopy(api_document()))
    faults: list[str] = []
    async with served(app) as url:
        for chance in chances(SECONDS / 2):
            for visitor in await visitors(services, url):
                known = await furnish(services, url, MAKERS)
                try:
                    await asyncio.to_thread(_travel, schema, url, visitor, known, chance)
                except (Exception, BaseExceptionGroup) as error:
                    faults.append(f"{visitor.name} (seed {chance}): {told(error)}")
    assert not faults, "\n\n".join(faults)


def _travel(schema: Any, url: str, visitor: Visitor, known: Mapping[str, Any], chance: int | None) -> None:
    class Journey(schema.as_state_machine()):  # type: ignore[misc]
        """Journeys of one visitor."""

        def before_call(self, case: Any) -> None:
            """See base class."""
            case.headers.pop("Prefer", None)
            if case.path_parameters == {}:
                aim(case, known)

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            """See base class."""
            return {"base_url": url, "headers": dict(visitor.headers), "timeout": 20}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            """See base class."""
            case.validate_response(response, checks=checks_of(case.operation))

    wanted = settings(
        max_examples=JOURNEYS,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=chance is None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    (Journey if chance is None else seed(chance)(Journey)).run(settings=wanted)
