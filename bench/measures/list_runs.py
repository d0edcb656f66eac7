"""How fast GET /v1/runs answers when the table holds a million runs, filter by filter."""

import time
from dataclasses import dataclass
from typing import Final

import httpx

from bench.many_runs import fill
from bench.numbers import ms, percentile
from bench.outcome import Aim, Figure, Outcome, Progress, Size, Table, pick
from bench.perdure import TOKEN, perdure, perdure_api

LIMIT: Final = 0.05
"""Seconds that 95 of 100 answers may take."""

FILTERS: Final[dict[str, dict[str, str]]] = {
    "no filter": {},
    "status": {"status": "failed"},
    "status that is rare": {"status": "running"},
    "workflow with many runs": {"workflow": "season-0"},
    "workflow and status": {"workflow": "season-19", "status": "failed"},
    "version": {"workflow": "season-3", "version": "2"},
    "trigger that is rare": {"trigger": "fork"},
    "who started it": {"started_by": "person7@example.com"},
    "cost": {"cost_min": "1.5"},
    "cost that no run has": {"cost_min": "100"},
    "text that many inputs have": {"input_contains": "parcel"},
    "text that no input has": {"input_contains": "no such text"},
}


@dataclass(frozen=True)
class Answers:
    """Seconds of the answers to one filter, page after page."""

    times: list[float]


async def measure(size: Size, progress: Progress) -> Outcome:
    """See module."""
    runs, pages = pick(size, 1_000_000, 1_000_000, 2_000), pick(size, 60, 20, 2)
    async with perdure() as bed:
        progress(0.0, f"{runs:,} runs")
        await fill(bed.servers.postgres.url, bed.services.workspace_id, runs)
        with perdure_api(bed.servers) as url:
            found = {}
            for number, (name, wanted) in enumerate(FILTERS.items()):
                progress((number + 1) / (len(FILTERS) + 1), name)
                found[name] = await _pages(url, wanted, pages)
    progress(1.0, "done")
    return _outcome(found, runs, pages)


async def _pages(url: str, wanted: dict[str, str], pages: int) -> Answers:
    """Follow the cursor from the newest run on, and begin anew at the end; the first answer is not counted."""
    times: list[float] = []
    cursor: dict[str, str] = {}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        for number in range(pages + 1):
            began = time.perf_counter()
            answer = await client.get("/v1/runs", params=wanted | cursor)
            took = time.perf_counter() - began
            following = answer.raise_for_status().json()["next_cursor"]
            cursor = {"cursor": following} if following else {}
            if number:
                times.append(took)
    return Answers(times)


def _outcome(found: dict[str, Answers], runs: int, pages: int) -> Outcome:
    everything = [took for answers in found.values() for took in answers.times]
    p95 = percentile(everything, 95)
    rows = [
        [name, ms(percentile(one.times, 50)), ms(percentile(one.times, 95)), ms(max(one.times))]
        for name, one in found.items()
    ]
    return Outcome(
        name="list",
        title=f"Listing {runs:,} runs",
        method=(
            f"{pages} pages of 50 runs per filter, one request after the other over one connection, the newest runs "
            "first. Filters that no index knows look at a bounded number of runs per page, so a page of theirs may "
            "hold fewer runs and lead on."
        ),
        tables=[Table(head=["filter", "p50", "p95", "worst"], rows=rows)],
        aims=[Aim(text=f"p95 of all under {LIMIT * 1_000:g} ms", found=ms(p95), met=p95 < LIMIT)],
        figures={"p95": Figure(value=p95 * 1_000, unit="ms")},
    )
