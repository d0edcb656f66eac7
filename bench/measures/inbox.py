"""How fast the inbox answers when a hundred thousand requests wait in a workspace."""

import time
from typing import Final

import httpx

from bench.many_approvals import fill
from bench.numbers import ms, percentile
from bench.outcome import Aim, Figure, Outcome, Progress, Size, Table, pick
from bench.perdure import TOKEN, perdure, perdure_api

LIMIT: Final = 0.1
"""Seconds that 95 of 100 answers may take."""

Wanted = dict[str, str]

LISTS: Final[dict[str, Wanted]] = {
    "everything that waits": {"view": "open"},
    "what I am asked": {"view": "mine"},
    "what I am asked, the most urgent first": {"view": "mine", "sort": "priority"},
    "what I am asked, by deadline": {"view": "mine", "sort": "due"},
    "nobody has claimed": {"view": "unclaimed"},
    "interventions (1 of 100)": {"view": "interventions"},
    "due within a day": {"view": "due_soon", "sort": "due"},
    "one workflow": {"view": "open", "workflow": "season-3"},
    "one tag": {"view": "open", "tag": "tag-7"},
}
SEARCHES: Final[dict[str, Wanted]] = {
    "a word that all have": {"q": "parcel", "view": "mine"},
    "two words, a hundred fits": {"q": "parcel customer77", "view": "open"},
    "the beginning of a word": {"q": "order a-0004", "view": "mine"},
    "a word that one has": {"q": "a-0000042", "view": "mine"},
    "a word that none has": {"q": "nowhere", "view": "mine"},
}


async def measure(size: Size, progress: Progress) -> Outcome:
    """See module."""
    requests, rounds = pick(size, 100_000, 100_000, 1_000), pick(size, 60, 20, 2)
    async with perdure() as bed:
        progress(0.0, f"{requests:,} requests")
        await fill(bed.servers.postgres.url, bed.services.workspace_id, requests)
        with perdure_api(bed.servers) as url:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
                found = {"counts of all views": await _counts(client, rounds)}
                whole = LISTS | {f"search: {name}": wanted for name, wanted in SEARCHES.items()}
                for number, (name, wanted) in enumerate(whole.items()):
                    progress((number + 1) / (len(whole) + 1), name)
                    found[name] = await _pages(client, wanted, rounds)
    progress(1.0, "done")
    return _outcome(found, requests, rounds)


async def _counts(client: httpx.AsyncClient, rounds: int) -> list[float]:
    times = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        (await client.get("/v1/approvals/counts")).raise_for_status()
        times.append(time.perf_counter() - began)
    return times[1:]


async def _pages(client: httpx.AsyncClient, wanted: Wanted, rounds: int) -> list[float]:
    """Follow the cursor from the first page on, and begin anew at the end; the first answer is not counted."""
    times: list[float] = []
    cursor: Wanted = {}
    for _ in range(rounds + 1):
        began = time.perf_counter()
        answer = await client.get("/v1/approvals", params=wanted | cursor)
        times.append(time.perf_counter() - began)
        following = answer.raise_for_status().json()["next_cursor"]
        cursor = {"cursor": following} if following else {}
    return times[1:]


def _outcome(found: dict[str, list[float]], requests: int, rounds: int) -> Outcome:
    groups = {
        "lists": [took for name in LISTS for took in found[name]],
        "counts": found["counts of all views"],
        "search": [took for name in SEARCHES for took in found[f"search: {name}"]],
    }
    worst = {name: percentile(times, 95) for name, times in groups.items()}
    rows = [
        [name, ms(percentile(times, 50)), ms(percentile(times, 95)), ms(max(times))] for name, times in found.items()
    ]
    return Outcome(
        name="inbox",
        title=f"An inbox with {requests:,} open requests",
        method=(
            f"{rounds} requests each, one after the other over one connection, pages of 50 with everything that a "
            "list shows. A third of all requests is open to anyone, so that what I am asked is long. Counts are of "
            "nine views at once, each up to a thousand."
        ),
        tables=[Table(head=["", "p50", "p95", "worst"], rows=rows)],
        aims=[
            Aim(text=f"p95 of {name} under {LIMIT * 1_000:g} ms", found=ms(p95), met=p95 < LIMIT)
            for name, p95 in worst.items()
        ],
        figures={f"{name}, p95": Figure(value=p95 * 1_000, unit="ms") for name, p95 in worst.items()},
    )
