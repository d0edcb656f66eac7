"""The same steps as a LangGraph graph that keeps checkpoints in PostgreSQL; a process of its own.

`python -m bench.rivals.langgraph_steps URL POSTMASTER WORK` with work `{"task": "steps" | "decide", …}` prints JSON.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypedDict, cast
from uuid import uuid4

import uvloop
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from bench.cpu import CpuMeter
from bench.load import measure_load
from cli.process.parent import follow_parent

POOL = 20


class State(TypedDict):
    """What the graph carries."""

    done: int


async def step(state: State) -> State:
    """Does nothing."""
    return {"done": state["done"] + 1}


def gate(state: State) -> State:
    """Asks a person."""
    interrupt("go on?")
    return state


@asynccontextmanager
async def saver(url: str) -> AsyncIterator[AsyncPostgresSaver]:
    """The checkpointer on a pool of connections, as its documentation has it."""
    kwargs = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(url, min_size=POOL, max_size=POOL, kwargs=kwargs, open=False) as pool:
        made = AsyncPostgresSaver(cast("Any", pool))
        await made.setup()
        yield made


def chain(checkpointer: AsyncPostgresSaver, steps: int) -> Any:
    """Steps one after the other."""
    graph = StateGraph(State)
    names = [f"s{index + 1}" for index in range(steps)]
    for name in names:
        graph.add_node(name, step)
    for source, target in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(source, target)
    return graph.compile(checkpointer=checkpointer)


def gated(checkpointer: AsyncPostgresSaver) -> Any:
    """A question, then one step."""
    graph = StateGraph(State)
    graph.add_node("ask", gate)
    graph.add_node("act", step)
    for source, target in ((START, "ask"), ("ask", "act"), ("act", END)):
        graph.add_edge(source, target)
    return graph.compile(checkpointer=checkpointer)


async def measure_steps(checkpointer: AsyncPostgresSaver, postmaster: int, work: dict[str, Any]) -> dict[str, Any]:
    """Latency and throughput."""
    graph = chain(checkpointer, work["steps"])

    async def once() -> None:
        config = {"configurable": {"thread_id": str(uuid4())}}
        await graph.ainvoke({"done": 0}, config, durability="sync")

    meter = CpuMeter({"process": os.getpid()}, postmaster=postmaster)
    return (await measure_load(once, meter, **work["load"])).__dict__


async def measure_decisions(checkpointer: AsyncPostgresSaver, _: int, work: dict[str, Any]) -> dict[str, Any]:
    """Seconds from a decision to the end."""
    graph = gated(checkpointer)
    seconds = []
    for _ in range(work["rounds"]):
        config = {"configurable": {"thread_id": str(uuid4())}}
        await graph.ainvoke({"done": 0}, config, durability="sync")
        began = time.perf_counter()
        await graph.ainvoke(Command(resume="approved"), config, durability="sync")
        seconds.append(time.perf_counter() - began)
    return {"seconds": seconds}


async def main(url: str, postmaster: int, work: dict[str, Any]) -> None:
    """Do the work and print what was found."""
    measure = {"steps": measure_steps, "decide": measure_decisions}[work["task"]]
    async with saver(url) as checkpointer:
        print(json.dumps(await measure(checkpointer, postmaster, work)))


if __name__ == "__main__":
    follow_parent()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])))
