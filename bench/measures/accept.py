"""How fast a start is accepted with everything that a company wants around it, beside a bare route with one insert."""

import json
from typing import Any

import httpx

from bench.connections import Post, hammer
from bench.documents import chain
from bench.numbers import ms, percentile, short, times
from bench.outcome import Aim, Figure, Outcome, Progress, Size, Table, pick
from bench.perdure import TOKEN, Perdure, perdure, perdure_api
from bench.processes import Process, running
from cli.embedded.processes import pick_port

BARE = "bare FastAPI route: one insert"
IDLE = "Perdure: API key, row-level security, Idempotency-Key"
BUSY = "100 a second while the worker carries them out"
FLOOD = "as fast as possible while the worker carries them out"
STEADY = 100.0
"""Starts in a second over all connections: several times what the worker of a machine of two processors gets done."""
LIMIT = 0.1
"""Seconds that 95 of 100 answers may take while workers are busy."""


async def measure(size: Size, progress: Progress) -> Outcome:
    """See module."""
    connections, seconds = pick(size, 50, 50, 5), pick(size, 15, 5, 1)
    found: dict[str, tuple[list[float], float]] = {}
    async with perdure() as bed:
        progress(0.0, BARE)
        found[BARE] = await _bare(bed, connections, seconds)
        version = await bed.publish(chain("noop_local", 1))
        body = json.dumps({"workflow": version.slug, "input": {"n": 1}}).encode()
        with perdure_api(bed.servers) as url:
            post = Post(f"{url}/v1/runs", body, await _key(url), idempotent=True)
            progress(0.3, IDLE)
            found[IDLE] = await _hit(post, connections, seconds)
            progress(0.6, BUSY)
            with running(bed.worker()):
                found[BUSY] = await _hit(post, connections, seconds, STEADY)
                found[FLOOD] = await _hit(post, connections, seconds)
    progress(1.0, "done")
    return _outcome(found, connections, seconds)


async def _bare(bed: Perdure, connections: int, seconds: float) -> tuple[list[float], float]:
    port = pick_port()
    log = bed.servers.folder / "bare.log"
    process = Process("bench.rivals.bare_insert", bed.servers.postgres.url, str(port), log=log)
    with running(process):
        process.wait_for_url(f"http://127.0.0.1:{port}/openapi.json")
        body = json.dumps({"workflow": "noop", "input": {"n": 1}}).encode()
        return await _hit(Post(f"http://127.0.0.1:{port}/v1/runs", body), connections, seconds)


async def _key(url: str) -> str:
    """An API key that may only start runs."""
    wanted: dict[str, Any] = {"name": "bench", "scopes": ["runs:start"]}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
        answer = (await client.post("/v1/api-keys", json=wanted)).raise_for_status()
    return str(answer.json()["key"])


async def _hit(
    post: Post, connections: int, seconds: float, per_second: float | None = None
) -> tuple[list[float], float]:
    await hammer(post, connections=connections, seconds=min(1.0, seconds), status=202, per_second=per_second)
    return await hammer(post, connections=connections, seconds=seconds, status=202, per_second=per_second)


def _outcome(found: dict[str, tuple[list[float], float]], connections: int, seconds: float) -> Outcome:
    p95 = {name: percentile(times_, 95) for name, (times_, _) in found.items()}
    rows = [
        [
            name,
            short(len(answers) / took),
            ms(percentile(answers, 50)),
            ms(p95[name]),
            times(p95[name] / p95[BARE]),
            ms(percentile(answers, 99)),
        ]
        for name, (answers, took) in found.items()
    ]
    ratio = p95[IDLE] / p95[BARE]
    return Outcome(
        name="accept",
        title="Accepting a start",
        method=(
            f"{connections} connections for {seconds:g} s on one PostgreSQL. Perdure checks an API key, sets the "
            "workspace, finds the version, checks the input, looks for the Idempotency-Key (a new one each time), and "
            "stores run, event and audit fields in one transaction; the bare route inserts one row. "
            "At 100 a second an answer's time counts from when its request was due."
        ),
        tables=[Table(head=["", "answers/s", "p50", "p95", "p95 ÷ bare", "p99"], rows=rows)],
        aims=[
            Aim(text="p95 within 3 times that of the bare route", found=times(ratio), met=ratio <= 3),
            Aim(text="p95 under 100 ms while the worker is busy", found=ms(p95[BUSY]), met=p95[BUSY] < LIMIT),
        ],
        figures={
            "Perdure: p95": Figure(value=p95[IDLE] * 1_000, unit="ms"),
            "Perdure, worker busy: p95": Figure(value=p95[BUSY] * 1_000, unit="ms"),
            "bare insert: p95": Figure(value=p95[BARE] * 1_000, unit="ms"),
        },
    )
