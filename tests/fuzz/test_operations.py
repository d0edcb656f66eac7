"""No generated request of anybody breaks the API or gets an answer that its document does not describe.

`make test` sends the same requests every time; `make fuzz SECONDS=600` others, for so long.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import replace
from math import ceil
from typing import Any

import pytest
import schemathesis
from pydantic import SecretStr

from api.app import create_app
from api.services import Services
from api.settings import ApiSettings
from tests.api.conftest import TOKEN
from tests.fuzz.requests import attack, chances, name_of, needs, told
from tests.fuzz.world import furnish, visitors
from tests.support.api_document import api_document
from tests.support.serving import served
from tests.support.workspaces import new_workspace

SECONDS = float(os.environ.get("PERDURE_FUZZ_SECONDS", "0"))
PARTS = 2
"""Parts that can run side by side."""

EXAMPLES = 60 if SECONDS else 1
TOGETHER = 8
"""Changes that share a workspace; they are far apart in the alphabet, hence hardly of the same thing."""

LOCKING_OUT = (
    "/v1/auth/",
    "/v1/me/second-factor",
    "/v1/me/password",
    "/v1/second-factor",
    "/v1/workspace",
    "/v1/privacy",
)
"""Paths of operations that may end sessions or lock a workspace."""

pytestmark = [pytest.mark.timeout(SECONDS * 2 + 600), pytest.mark.usefixtures("worker")]


@pytest.mark.parametrize("part", range(PARTS))
async def test_every_operation(services: Services, database_url: str, part: int) -> None:
    # A copy: Schemathesis writes links of its own into what it reads.
    schema = schemathesis.openapi.from_dict(deepcopy(api_document()))
    operations = sorted((found.ok() for found in schema.get_all_operations()), key=name_of)[part::PARTS]
    faults: list[str] = []
    for chance in chances(SECONDS / PARTS):
        for group in _groups(operations):
            # A workspace each: a request may end sessions, or demand a second factor of everybody.
            apart = replace(services, workspace_id=await new_workspace(database_url))
            faults += [fault async for fault in _attacked(group, apart, chance)]
    assert not faults, "\n\n".join(faults)


def _groups(operations: list[Any]) -> list[list[Any]]:
    """All that only read, together; what may lock its callers out, alone; of the others some together.

    With more than one example of each, all others are alone too: what one deletes, the next one would look for in vain.
    """
    reads = [operation for operation in operations if operation.method.lower() == "get"]
    alone = [one for one in operations if one not in reads and (SECONDS or one.path.startswith(LOCKING_OUT))]
    others = [operation for operation in operations if operation not in reads and operation not in alone]
    width = ceil(len(others) / TOGETHER) or 1
    return [reads, *([operation] for operation in alone), *(others[place::width] for place in range(width) if others)]


async def _attacked(group: list[Any], services: Services, chance: int | None) -> AsyncIterator[str]:
    """What is wrong with each operation of a group."""
    async with served(create_app(ApiSettings(token=SecretStr(TOKEN)), services)) as url:
        needed = set().union(*map(needs, group))
        known, who = await furnish(services, url, needed), await visitors(services, url)
        for operation in group:
            if name_of(operation) == "retry_run":
                known["run_id"] = known["failed"]
            try:
                await asyncio.to_thread(attack, operation, url, who, known, examples=EXAMPLES, chance=chance)
            except (Exception, BaseExceptionGroup) as error:
                yield f"{name_of(operation)} (seed {chance}): {told(error)}"
