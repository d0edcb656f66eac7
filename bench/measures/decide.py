"""From a person's decision to the next step."""

import asyncio
import time
from dataclasses import dataclass
from uuid import UUID

import httpx
from sqlalchemy import select

from bench.documents import gated
from bench.kinds.idling import marks_in
from bench.numbers import ms, percentile, times
from bench.outcome import Aim, Figure, Outcome, Progress, Size, Table, pick
from bench.perdure import TOKEN, Perdure, perdure_api, perdure_with_worker
from bench.processes import BenchError
from bench.rivals.beds import langgraph, plain_with_worker
from bench.rivals.plain_workflow import ChainOrder, PlainGate
from bench.servers import postgres_server, work_folder
from db.tables import Approval, Run, Step


@dataclass(frozen=True)
class Moments:
    """Seconds after the decision was sent."""

    begun: float | None
    finished: float


LIMIT = 0.25
"""Seconds that 95 of 100 decisions may take to reach the next step."""
PLAIN = "plain Temporal, tuned: signal, one activity"
LANGGRAPH = "LangGraph, sync: resume, one node"
OURS = {
    "noop_local": "Perdure: POST decide, one local step",
    "noop_remote": "Perdure: POST decide, one remote step",
}


async def measure(size: Size, progress: Progress) -> Outcome:
    """See module."""
    rounds = pick(size, 40, 15, 2)
    progress(0.0, PLAIN)
    found = {PLAIN: await _plain(rounds)}
    if size != "tiny":
        progress(0.3, LANGGRAPH)
        found[LANGGRAPH] = await _langgraph(rounds)
    progress(0.5, "Perdure")
    found |= await _perdure(rounds)
    progress(1.0, "done")
    return _outcome(found, rounds)


async def _plain(rounds: int) -> list[Moments]:
    found = []
    async with plain_with_worker() as (bed, _):
        for number in range(rounds + 1):
            marks = bed.folder / f"marks-{number}"
            handle = await bed.start(PlainGate.run, ChainOrder(steps=1, marks=str(marks)))
            await handle.query("__stack_trace")  # answered by the worker: the run waits now
            sent = time.time()
            await handle.signal(PlainGate.decide)
            await handle.result()
            at = {mark["what"]: mark["at"] - sent for mark in marks_in(marks)}
            found.append(Moments(at["begun"], at["done"]))
    return found[1:]


async def _langgraph(rounds: int) -> list[Moments]:
    with work_folder() as folder, postgres_server(folder) as database:
        found = await langgraph(database, {"task": "decide", "rounds": rounds + 1})
    return [Moments(None, seconds) for seconds in found["seconds"][1:]]


async def _perdure(rounds: int) -> dict[str, list[Moments]]:
    found = {}
    async with perdure_with_worker() as (bed, _):
        with perdure_api(bed.servers) as url:
            async with httpx.AsyncClient(
                base_url=url, headers={"authorization": f"Bearer {TOKEN}"}, trust_env=False
            ) as http:
                for kind, name in OURS.items():
                    found[name] = await _decisions(bed, http, kind, rounds)
    return found


async def _decisions(bed: Perdure, http: httpx.AsyncClient, kind: str, rounds: int) -> list[Moments]:
    version = await bed.publish(gated(kind))
    found = []
    for _ in range(rounds + 1):
        started = await bed.start(version)
        approval = await _open_approval(bed, started.id)
        sent = time.time()
        answer = await http.post(
            f"/v1/approvals/{approval.id}/decide", json={"decision": "approved", "digest": approval.digest}
        )
        answer.raise_for_status()
        await started.handle.result()
        found.append(await _moments(bed, started.id, sent))
    return found[1:]


async def _open_approval(bed: Perdure, run_id: UUID) -> Approval:
    for _ in range(3_000):
        async with bed.services.database.tenant(bed.services.workspace_id) as session:
            found: Approval | None = await session.scalar(select(Approval).where(Approval.run_id == run_id))
        if found is not None:
            # The answer of the statement still has to reach the workflow before it really waits.
            await asyncio.sleep(0.05)
            return found
        await asyncio.sleep(0.01)
    raise BenchError("no approval was opened")


async def _moments(bed: Perdure, run_id: UUID, sent: float) -> Moments:
    async with bed.services.database.tenant(bed.services.workspace_id) as session:
        step = (await session.scalars(select(Step).where(Step.run_id == run_id, Step.path == "act"))).one()
        run = (await session.scalars(select(Run).where(Run.id == run_id))).one()
    if step.started_at is None or step.ended_at is None or run.status != "completed":
        raise BenchError(f"the run ended as {run.status}")
    return Moments(step.started_at.timestamp() - sent, step.ended_at.timestamp() - sent)


def _aim(found: dict[str, list[Moments]], name: str) -> Aim:
    p95 = percentile([one.begun for one in found[name] if one.begun is not None], 95)
    text = f"p95 from the decision to the beginning of the next step under {LIMIT * 1_000:g} ms ({name})"
    return Aim(text=text, found=ms(p95), met=p95 < LIMIT)


def _outcome(found: dict[str, list[Moments]], rounds: int) -> Outcome:
    base = percentile([one.finished for one in found[PLAIN]], 50)
    rows = []
    for name, moments in found.items():
        begun = [one.begun for one in moments if one.begun is not None]
        finished = [one.finished for one in moments]
        half = percentile(finished, 50)
        rows.append(
            [
                *(name, ms(percentile(begun, 50)) if begun else "-", ms(half)),
                *(ms(percentile(finished, 95)), times(half / base)),
            ]
        )
    return Outcome(
        name="decide",
        title="From a decision to the next step",
        method=(
            f"{rounds} runs one after the other. Perdure's decision comes over HTTP and is committed before the run "
            "hears of it; the others are told by a call in the process. Times until the next step had begun and ended."
        ),
        tables=[Table(head=["", "begun, p50", "ended, p50", "ended, p95", "÷ plain"], rows=rows)],
        aims=[_aim(found, name) for name in OURS.values()],
        figures={
            name: Figure(value=percentile([one.finished for one in moments], 50) * 1_000, unit="ms")
            for name, moments in found.items()
        },
    )
