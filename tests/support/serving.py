"""An ASGI application behind a real socket: streams and foreign clients need one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """URL of the application, as long as the block runs."""
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=5)
    async with served_as(config) as url:
        yield url


@asynccontextmanager
async def served_as(config: uvicorn.Config) -> AsyncIterator[str]:
    """URL of a server that is configured by somebody else, as long as the block runs."""
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
