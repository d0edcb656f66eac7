"""Journeys through the web app: workflows, agents, shell and usage, and that everybody can use every page."""

from pathlib import Path

import pytest

from tests.browser.conftest import Product
from tests.browser.journeys import PAGES, PATIENCE, journeys, take_journey


@pytest.mark.timeout(PATIENCE + 20)
@pytest.mark.parametrize("journey", journeys(PAGES))
def test_journey(journey: str, product: Product, chromium: str, tmp_path: Path):
    take_journey(journey, product, chromium, tmp_path)
