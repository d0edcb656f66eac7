"""The first visit to an installation that nobody owns; and that every journey is taken by one of these files."""

from pathlib import Path

import pytest

from tests.browser.conftest import Product
from tests.browser.journeys import EDITOR, FIRST_VISIT, FRONTEND, PAGES, PATIENCE, PEOPLE, RUNS, take_journey


def test_every_journey_is_taken():
    taken = {FIRST_VISIT, *EDITOR, *RUNS, *PEOPLE, *PAGES}
    assert {path.name.removesuffix(".journey.ts") for path in FRONTEND.glob("tests/browser/*.journey.ts")} == taken


@pytest.mark.timeout(PATIENCE + 20)
def test_first_visit(fresh_product: Product, chromium: str, tmp_path: Path):
    take_journey(FIRST_VISIT, fresh_product, chromium, tmp_path)
