"""Answers that are given again: to the same request of the same workspace, for as long as the step says."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import text

from activities.llm.answers import DatabaseAnswers
from activities.llm.gateway import LlmGateway
from db.session import Database
from schemas.conversation import Message, TurnOutput
from schemas.messages import StepResult
from tests.activities.llm.conftest import Stats
from tests.support.steps import run_step, services, step_input
from tests.support.workspaces import new_workspace

TOOL = {"name": "clock", "input_schema": {"type": "object"}}


async def test_an_equal_request_is_answered_from_the_store(
    gateway: LlmGateway, database: Database, database_url: str, workspace_id: UUID, stats: Stats
) -> None:
    calls = (await stats())["completed"]
    async with services(llm=gateway) as given:
        storing = replace(given, answers=DatabaseAnswers(database))

        async def ask(kind: str = "llm", workspace: UUID = workspace_id, **config: Any) -> StepResult:
            settings = {"model": "gpt-4o", **config}
            return await run_step(storing, step_input(kind, settings, workspace_id=str(workspace)))

        async def is_new(**config: Any) -> bool:
            return "cached" not in (await ask(**config)).details

        prompt = "[[sim:reply Hello]] [[sim:usage in=1000 out=500]]"
        first = await ask(prompt=prompt, cache="1h")
        again = await ask(prompt=prompt, cache="1h")
        assert (first.output, first.cost_usd, first.tokens_in) == ("Hello", 0.0075, 1000)
        assert (again.output, again.cost_usd, again.tokens_in) == ("Hello", 0, 0)
        assert again.details.items() >= {"cached": True, "vendor": "openai", "model": "gpt-4o"}.items()
        assert await is_new(prompt=prompt)
        assert await is_new(prompt=prompt, cache="1h", temperature=0.1)
        assert await is_new(prompt=prompt, cache="1h", model="gpt-4o-mini")
        assert await is_new(prompt=prompt, cache="1h", workspace=await new_workspace(database_url))
        said = Message.said("user", "[[sim:tool clock]]").model_dump(mode="json", exclude_none=True)
        turn = {"messages": [said], "tools": [TOOL], "cache": 60}
        heard = [TurnOutput.model_validate((await ask("model_turn", **turn)).output) for _ in range(2)]
        assert heard[0] == heard[1]
        assert heard[0].message.tool_calls[0].name == "clock"
        cut = {"prompt": "[[sim:fault length]] [[sim:reply much to say]]", "cache": 60}
        assert await is_new(**cut)
        assert await is_new(**cut)
        async with database.tenant(workspace_id) as session:
            await session.execute(text("UPDATE model_answers SET created_at = created_at - interval '1 hour'"))
        assert await is_new(prompt=prompt, cache="1h")
        assert (await stats())["completed"] == calls + 9
