"""What a turn of an agent costs beside the model's own time, and how long a reader waits for the first word."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import httpx

from bench.chat_reader import Talk, talks
from bench.documents import linear
from bench.numbers import ms, percentile, times
from bench.outcome import Aim, Figure, Outcome, Progress, Size, Table, pick
from bench.perdure import Perdure, perdure, perdure_api
from bench.processes import Process, running
from bench.rivals.bare_agent import BareAgent
from cli.embedded.processes import pick_port

LATENCIES = (0.05, 1.0)
"""Seconds that the simulated model thinks in every turn."""
MODEL = "gpt-4o-mini"
FIRST_WORD_MS = 50.0


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    turns: int
    runs: dict[float, int]
    talks: int


@dataclass(frozen=True)
class Turns:
    """Seconds of a turn, the median over whole runs."""

    latency: float
    bare: float
    ours: float


async def measure(size: Size, progress: Progress) -> Outcome:
    """See module."""
    runs = {LATENCIES[0]: pick(size, 10, 5, 2), LATENCIES[1]: pick(size, 4, 2, 1)}
    effort = Effort(turns=pick(size, 10, 10, 3), runs=runs, talks=pick(size, 60, 20, 3))
    found: list[Turns] = []
    async with _bed() as (bed, bare):
        for index, latency in enumerate(LATENCIES):
            progress(index / 3, f"turns of {ms(latency)}")
            found.append(await _turns(bed, bare, latency, effort))
        progress(2 / 3, "first words")
        with perdure_api(bed.servers) as url:
            told = await _first_words(url, bare, effort.talks)
    progress(1.0, "done")
    return _outcome(found, told, effort)


@asynccontextmanager
async def _bed() -> AsyncIterator[tuple[Perdure, BareAgent]]:
    async with perdure() as bed:
        with _simulator(bed) as model_url:
            settings = {"OPENAI_BASE_URL": f"{model_url}/v1", "OPENAI_API_KEY": "simulator"}
            with running(bed.worker(**settings)):
                bare = BareAgent(model_url, MODEL)
                yield bed, bare
                await bare.close()


@contextmanager
def _simulator(bed: Perdure) -> Iterator[str]:
    port = pick_port()
    process = Process("simulator", "--port", str(port), log=bed.servers.folder / "simulator.log")
    with running(process):
        process.wait_for_url(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"


async def _turns(bed: Perdure, bare: BareAgent, latency: float, effort: Effort) -> Turns:
    """Both in turn, so that a machine that becomes slower meets both."""
    version, message = await bed.publish(_agent()), _script(effort.turns, latency)
    await bed.run(version, {"message": message})
    await bare.run(message)
    ours, theirs = [], []
    for _ in range(effort.runs[latency]):
        theirs.append(await _seconds(lambda: bare.run(message)))
        ours.append(await _seconds(lambda: bed.run(version, {"message": message})))
    return Turns(latency, median(theirs) / effort.turns, median(ours) / effort.turns)


async def _seconds(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def _agent() -> dict[str, Any]:
    settings = {"model": MODEL, "message": "{{ input.message }}", "tools": [{"type": "calculator"}]}
    return linear("agent", [{"id": "agent", "kind": "agent", "with": settings}])


def _script(turns: int, latency: float) -> str:
    """A message after which the model calls a tool in every turn but the last."""
    calls = [{"name": "calculator", "arguments": {"expression": "2 + 3"}}]
    script: list[dict[str, Any]] = [{"tools": calls, "delay": latency} for _ in range(turns - 1)]
    return f"Add. [[sim:script {json.dumps([*script, {'text': 'Done.', 'delay': latency}])}]]"


async def _first_words(url: str, bare: BareAgent, count: int) -> tuple[list[Talk], list[Talk]]:
    """When the first word was there: in the SDK, and in the browser of whoever reads the conversation."""
    question = f"When? [[sim:delay {LATENCIES[0]}]] [[sim:clock]]"
    theirs: list[Talk] = []
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client, talks(client, MODEL) as talk:
        await talk(question)
        await bare.run(question, tools=False)
        ours = []
        for _ in range(count):
            began = time.perf_counter()
            said = await bare.run(question, tools=False)
            first = said.first or time.perf_counter()
            theirs.append(Talk.of(began, first, said.text))
            ours.append(await talk(question))
            await asyncio.sleep(0)
    return theirs, ours


def _outcome(found: list[Turns], told: tuple[list[Talk], list[Talk]], effort: Effort) -> Outcome:
    theirs, ours = told
    added = median(talk.way for talk in ours) - median(talk.way for talk in theirs)
    before = median(talk.first for talk in ours) - median(talk.first for talk in theirs)
    rows = [
        [ms(one.latency), ms(one.bare), ms(one.ours), ms(one.ours - one.bare), times(one.ours / one.bare)]
        for one in found
    ]
    words = [
        _row("from the model: bare SDK", [talk.way for talk in theirs]),
        _row("from the model: Perdure, in the browser", [talk.way for talk in ours]),
        _row("from the question: bare SDK", [talk.first for talk in theirs]),
        _row("from the question: Perdure, in the browser", [talk.first for talk in ours]),
    ]
    figures = {f"turn of {one.latency:g} s: ÷ bare": Figure(value=one.ours / one.bare, unit="") for one in found}
    figures |= {
        f"turn of {one.latency:g} s: added": Figure(value=(one.ours - one.bare) * 1_000, unit="ms") for one in found
    }
    figures["first word, from the model: added"] = Figure(value=added * 1_000, unit="ms")
    figures["first word, from the question: added"] = Figure(value=before * 1_000, unit="ms")
    return Outcome(
        name="agent-turns",
        title="Turns of an agent",
        method=(
            f"An agent of {effort.turns} turns; in all but the last the model calls a tool. The model is the simulator "
            "in a process of its own and thinks as long as said in every turn. Bare: a loop with the same SDK, "
            "streaming, whose tool is a function. Perdure: from the row of the run to its end, divided by the turns; "
            "every model call and every tool call is a durable step. First word: a message is sent to a conversation "
            "over HTTP, and read by server-sent events as a browser does; "
            f"{effort.talks} times, the model thinks {ms(LATENCIES[0])}."
        ),
        tables=[
            Table(head=["the model takes", "bare, a turn", "Perdure, a turn", "added", "÷ bare"], rows=rows),
            Table(head=["until the first word", "median", "p95"], rows=words),
        ],
        aims=[
            Aim(
                text=f"what the model says first reaches the browser within {FIRST_WORD_MS:g} ms of the bare SDK",
                found=f"{ms(added)} at the median",
                met=added * 1_000 < FIRST_WORD_MS,
            )
        ],
        figures=figures,
        notes=[
            f"From the question on, Perdure adds {ms(before)} at the median to the first word: the message is stored, "
            "a run is accepted, started and walked to its model call before the model is asked."
        ],
    )


def _row(name: str, values: list[float]) -> list[str]:
    return [name, ms(median(values)), ms(percentile(values, 95))]
