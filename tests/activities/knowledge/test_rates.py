"""Vectors of documents keep to the rate of the operator's key, together with the calls of steps."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest

from activities.knowledge.asking import of_workspace
from activities.llm.gateway import LlmGateway
from activities.llm.metering import DatabaseMetering
from activities.llm.settings import LlmSettings, RateLimit
from activities.step import Services
from db.session import Database
from schemas.errors import ErrorCode, PerdureError
from tests.support.perdure import model_server
from tests.support.steps import services

__all__ = ["model_server"]
MODEL = "text-embedding-3-large"


@pytest.fixture
async def given(database: Database, model_server: str) -> AsyncIterator[Services]:
    llm = LlmGateway(LlmSettings.model_validate({"OPENAI_BASE_URL": f"{model_server}/v1", "OPENAI_API_KEY": "sk-x"}))
    async with services(llm=llm) as found:
        yield replace(found, metering=DatabaseMetering(database, {MODEL: RateLimit(requests_per_minute=2)}))
    await llm.close()


async def test_calls_beyond_the_rate_have_to_wait(given: Services, workspace_id: UUID) -> None:
    embed = of_workspace(given, str(workspace_id), "document/1")
    for text in ("tea", "coffee"):
        assert len((await embed((text,), MODEL, None)).vectors) == 1
    with pytest.raises(PerdureError) as caught:
        await embed(("milk",), MODEL, None)
    assert caught.value.code is ErrorCode.THROTTLED
    assert 0 < caught.value.info.details["retry_after"] < 60
    assert len((await embed(("milk",), "text-embedding-3-small", None)).vectors) == 1
