"""A FastAPI route that does nothing but one insert: `python -m bench.rivals.bare_insert DATABASE_URL PORT`."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from cli.process.parent import follow_parent


class StartBody(BaseModel):
    """What a caller sends."""

    workflow: str
    input: dict[str, Any] | None = None


class Accepted(BaseModel):
    """What a caller gets."""

    id: str


def make_app(url: str) -> FastAPI:
    """The application."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(url, min_size=5, max_size=5) as pool:
            await pool.execute("CREATE TABLE IF NOT EXISTS bare_runs (id uuid PRIMARY KEY, workflow text, input jsonb)")
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/runs", status_code=202)
    async def start(body: StartBody) -> Accepted:
        run_id = uuid4()
        insert = "INSERT INTO bare_runs (id, workflow, input) VALUES ($1, $2, $3)"
        await app.state.pool.execute(insert, run_id, body.workflow, json.dumps(body.input))
        return Accepted(id=str(run_id))

    return app


if __name__ == "__main__":
    follow_parent()
    config = uvicorn.Config(make_app(sys.argv[1]), port=int(sys.argv[2]), log_config=None, access_log=False)
    uvicorn.Server(config).run()
