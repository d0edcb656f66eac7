"""An egress client and a local server that it may reach."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from activities.egress import Egress, EgressRequest, EgressResponse, EgressSettings
from schemas.errors import PerdureError
from tests.support.http_server import Handler, HttpServer, echo, http_server


@asynccontextmanager
async def reach(handler: Handler = echo, **settings: Any) -> AsyncIterator[tuple[Egress, HttpServer]]:
    """A server and a client that is allowed to call it and nothing else of this machine."""
    async with (
        http_server(handler) as server,
        Egress(EgressSettings(allow=(server.allowed,), **settings)) as egress,
    ):
        yield egress, server


async def get(egress: Egress, url: str, **changes: Any) -> EgressResponse:
    return await egress.send(EgressRequest("GET", url, **changes))


async def failure(egress: Egress, url: str, method: str = "GET", **changes: Any) -> PerdureError:
    """The error that a request ends with."""
    with pytest.raises(PerdureError) as caught:
        await egress.send(EgressRequest(method, url, **changes))
    return caught.value
