"""How fast the editor opens a large draft and follows the mouse, measured in a real browser."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any, Final

import httpx

from bench.numbers import ms, short
from bench.outcome import Aim, Figure, Outcome, Progress, Size, Table, pick
from bench.perdure import TOKEN, perdure, perdure_api

SCRIPT: Final = Path(__file__).parents[1] / "browser" / "editor.mjs"
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
ROW: Final = 5
OPEN: Final = 1_000
"""Milliseconds until the steps are drawn."""

SMOOTH: Final = 55
"""Frames per second."""


async def measure(size: Size, progress: Progress) -> Outcome:
    """See module."""
    nodes, rounds = pick(size, 500, 500, 60), pick(size, 5, 2, 1)
    found: dict[str, dict[str, list[float]]] = {}
    async with perdure() as bed:
        with perdure_api(bed.servers) as url:
            for number, (name, placed) in enumerate({"placed by hand": True, "placed by the layout": False}.items()):
                progress(number / 2, name)
                slug = await _draft(url, f"{name} {nodes}", _document(nodes, placed))
                found[name] = await _in_browser(url, slug, rounds)
    progress(1.0, "done")
    return _outcome(found, nodes, rounds)


def _document(count: int, placed: bool) -> dict[str, Any]:
    """Steps in rows of five, most of them connected to two others."""
    nodes = [
        {"id": f"n{number}", "kind": "transform", "name": f"Step {number}", "with": {"value": "{{ input.a }}"}}
        for number in range(count)
    ]
    ways = [(number - ROW, number) for number in range(ROW, count)]
    ways += [(number - ROW - 2, number) for number in range(8, count, 9)]
    edges = [{"from": f"n{start}", "to": f"n{end}"} for start, end in ways]
    layout = {f"n{n}": {"x": n % ROW * 300, "y": n // ROW * 110} for n in range(count)}
    return {"nodes": nodes, "edges": edges, **({"layout": layout} if placed else {})}


async def _draft(url: str, name: str, document: dict[str, Any]) -> str:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        answer = await client.post("/v1/workflows/drafts", json={"name": name, "document": document})
        slug: str = answer.raise_for_status().json()["slug"]
        return slug


async def _in_browser(url: str, slug: str, rounds: int) -> dict[str, list[float]]:
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise RuntimeError("There is no Chromium here: apt install chromium, or name one in CHROMIUM.")
    facts = {"URL_OF_PERDURE": url, "TOKEN": TOKEN, "CHROMIUM": browser, "SLUG": slug, "ROUNDS": str(rounds)}
    process = await asyncio.create_subprocess_exec(
        "node", str(SCRIPT), env={**os.environ, **facts}, stdout=asyncio.subprocess.PIPE
    )
    written, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"The browser ended with {process.returncode}.")
    found: dict[str, list[float]] = json.loads(written)
    return found


def _outcome(found: dict[str, dict[str, list[float]]], nodes: int, rounds: int) -> Outcome:
    rows = [
        [
            name,
            *(ms(_median(one[key]) / 1_000) for key in ("open", "load")),
            *(short(_median(one[key])) for key in ("pan", "drag", "far")),
        ]
        for name, one in found.items()
    ]
    slowest = max(_median(one["open"]) for one in found.values())
    least = min(_median(one[key]) for one in found.values() for key in ("pan", "drag"))
    return Outcome(
        name="editor",
        title=f"Editing {nodes:,} steps in the browser",
        method=(
            f"A draft of {nodes:,} steps in headless Chromium without a GPU, {rounds} rounds; medians. Opened: from "
            "the click on “Edit” until steps are painted. Loaded: the same from the address, scripts from the cache. "
            "Frames per second while the mouse pans the canvas, drags a step, and pans with all steps in sight."
        ),
        tables=[Table(head=["steps", "opened", "loaded", "pan", "drag", "pan, all in sight"], rows=rows)],
        aims=[
            Aim(text="opened in under a second", found=ms(slowest / 1_000), met=slowest < OPEN),
            Aim(text=f"{SMOOTH} frames a second or more", found=short(least), met=least >= SMOOTH),
        ],
        figures={
            "opened": Figure(value=slowest, unit="ms"),
            "frames": Figure(value=least, unit="1/s", less_is_better=False),
        },
    )


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
