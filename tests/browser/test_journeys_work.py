"""Journeys through the web app: drawing workflows, watching runs, answering for them."""

from pathlib import Path

import pytest

from tests.browser.conftest import Product
from tests.browser.journeys import EDITOR, PATIENCE, PEOPLE, RUNS, journeys, take_journey


@pytest.mark.timeout(PATIENCE + 20)
@pytest.mark.parametrize("journey", journeys([*EDITOR, *RUNS, *PEOPLE]))
def test_journey(journey: str, product: Product, chromium: str, tmp_path: Path):
    take_journey(journey, product, chromium, tmp_path)
