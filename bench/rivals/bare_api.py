"""A FastAPI route that does nothing but start a workflow: `python -m bench.rivals.bare_api ADDRESS PORT`."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from temporalio.client import Client

from bench.rivals.plain_workflow import QUEUE, ChainOrder, PlainChain
from cli.process.parent import follow_parent


class StartBody(BaseModel):
    """What a caller sends."""

    workflow: str
    input: dict[str, Any] | None = None


class Accepted(BaseModel):
    """What a caller gets."""

    id: str


def make_app(address: str) -> FastAPI:
    """The application."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.client = await Client.connect(address)
        yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/runs", status_code=202)
    async def start(body: StartBody) -> Accepted:
        run_id = f"run-{uuid4()}"
        client: Client = app.state.client
        await client.start_workflow(PlainChain.run, ChainOrder(steps=1), id=run_id, task_queue=QUEUE)
        return Accepted(id=run_id)

    return app


if __name__ == "__main__":
    follow_parent()
    config = uvicorn.Config(make_app(sys.argv[1]), port=int(sys.argv[2]), log_config=None, access_log=False)
    uvicorn.Server(config).run()
