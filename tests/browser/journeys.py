"""How a journey through the web app is taken: frontend/tests/browser/*.journey.ts, in a real browser, by Vitest."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.browser.conftest import ROOT, Product

FRONTEND: Final = ROOT / "frontend"

PATIENCE: Final = 400
"""Seconds for one journey, on a busy machine."""

FIRST_VISIT: Final = "first-visit"
EDITOR: Final = ("editor", "editing", "building")
RUNS: Final = ("runs", "runs-list", "run-view", "worker-killed", "run-recovery")
PEOPLE: Final = ("inbox", "answering", "settings")
PAGES: Final = ("export", "workflows", "agents", "talking", "knowing", "shell", "usage", "accessibility")
"""Journeys by what they are about."""

_LONGER: Final = {
    "agents",
    "editing",
    "runs-list",
    "run-recovery",
    "answering",
    "settings",
    "usage",
    "workflows",
    "knowing",
}
"""Left out by `make test`: with them, two processors would be busy for half an hour."""


def journeys(names: Iterable[str]) -> list[Any]:
    """Parameters of a test that takes journeys."""
    return [pytest.param(name, marks=[pytest.mark.longer] if name in _LONGER else []) for name in names]


def take_journey(journey: str, product: Product, chromium: str, shots: Path) -> None:
    """Take a journey; what went wrong on it is the failure of the test."""
    facts = {
        "PERDURE_URL": product.url,
        "PERDURE_TOKEN": product.token,
        "PERDURE_DATA": str(product.folder),
        "CHROMIUM": chromium,
    }
    vitest = FRONTEND / "node_modules/.bin/vitest"
    done = subprocess.run(
        [vitest, "run", "--config", "vitest.browser.config.ts", "--reporter", "verbose", f"/{journey}.journey.ts"],
        cwd=FRONTEND,
        env={**os.environ, **facts, "PERDURE_SHOTS": str(shots), "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-6_000:]}\nPictures of the failure are in {shots}"
