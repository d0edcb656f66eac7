"""Rules of a fresh workspace."""

import httpx
import pytest

from api.services import Services
from tests.support.approval_rules import Rules


@pytest.fixture
def rules(api: httpx.AsyncClient, services: Services) -> Rules:
    """Makes rules, and requests for them to answer."""
    return Rules(api, services)
