"""How fast POST /v1/runs answers, beside a bare route that starts a workflow."""

import json
from dataclasses import dataclass

from bench.connections import Post, hammer
from bench.documents import chain
from bench.numbers import ms, percentile, short, times
from bench.outcome import Aim, Figure, Outcome, Progress, Size, Table, pick
from bench.perdure import TOKEN, perdure, perdure_api
from bench.rivals.beds import bare_api, plain_temporal
from cli.embedded.processes import pick_port

BARE = "bare FastAPI route: client.start_workflow"
OURS = "Perdure: POST /v1/runs"


@dataclass(frozen=True)
class Effort:
    """How hard the routes are hit."""

    connections: int
    seconds: float


@dataclass(frozen=True)
class Answers:
    """Seconds of each answer, and answers per second."""

    times: list[float]
    rate: float


async def measure(size: Size, progress: Progress) -> Outcome:
    """See module."""
    effort = Effort(pick(size, 50, 50, 5), pick(size, 15, 5, 1))
    progress(0.0, BARE)
    bare = await _bare(effort)
    progress(0.5, OURS)
    ours = await _perdure(effort)
    progress(1.0, "done")
    return _outcome(bare, ours, effort)


async def _hit(post: Post, effort: Effort) -> Answers:
    await hammer(post, connections=effort.connections, seconds=min(1.0, effort.seconds), status=202)
    found, took = await hammer(post, connections=effort.connections, seconds=effort.seconds, status=202)
    return Answers(found, len(found) / took)


async def _bare(effort: Effort) -> Answers:
    body = json.dumps({"workflow": "noop", "input": {"n": 1}}).encode()
    async with plain_temporal() as bed:
        with bare_api(bed, pick_port()) as url:
            return await _hit(Post(f"{url}/v1/runs", body), effort)


async def _perdure(effort: Effort) -> Answers:
    async with perdure() as bed:
        version = await bed.publish(chain("noop_local", 1))
        body = json.dumps({"workflow": version.slug, "input": {"n": 1}}).encode()
        with perdure_api(bed.servers) as url:
            return await _hit(Post(f"{url}/v1/runs", body, TOKEN), effort)


def _outcome(bare: Answers, ours: Answers, effort: Effort) -> Outcome:
    rows = []
    for name, one in ((BARE, bare), (OURS, ours)):
        p50, p95 = percentile(one.times, 50), percentile(one.times, 95)
        beside = times(p95 / percentile(bare.times, 95))
        rows.append([name, short(one.rate), ms(p50), ms(p95), beside, ms(percentile(one.times, 99))])
    ratio = percentile(ours.times, 95) / percentile(bare.times, 95)
    return Outcome(
        name="post",
        title="POST to 202",
        method=(
            f"{effort.connections} connections, each sending the next request when it has its answer, for "
            f"{effort.seconds:g} s; both on the tuned server. Perdure answers after the commit of the row and starts "
            "the workflow behind it; no worker runs in either case."
        ),
        tables=[Table(head=["", "answers/s", "p50", "p95", "p95 ÷ bare", "p99"], rows=rows)],
        aims=[Aim(text="p95 at most a third of the bare route's", found=times(ratio), met=ratio <= 1 / 3)],
        figures={
            "Perdure: p95": Figure(value=percentile(ours.times, 95) * 1_000, unit="ms"),
            "Perdure: answers/s": Figure(value=ours.rate, unit="", less_is_better=False),
            "bare: p95": Figure(value=percentile(bare.times, 95) * 1_000, unit="ms"),
        },
    )
