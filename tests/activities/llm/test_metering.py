"""Budgets and rates in a real database: kept under concurrency, counted once, and let go when a worker dies."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from activities.llm import prices
from activities.llm.call import LlmRequest, asked
from activities.llm.gateway import LlmGateway
from activities.llm.leases import grant
from activities.llm.meter import Meter, Planned
from activities.llm.metering import DatabaseMetering
from activities.llm.reply import Usage
from activities.llm.routing import route
from activities.llm.settings import ModelPrice, RateLimit
from db.session import Database
from engine.maintenance import forget_budgets
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import CrewBudget, StepBudget, StepInput
from schemas.service_calls import GrantBudget
from tests.activities.llm.conftest import OPENAI, Stats

DEAD = -100.0
"""Seconds that an attempt may take whose lease has lapsed already."""


class Runs:
    """Steps of runs of one workspace."""

    def __init__(self, database: Database, workspace_id: UUID, **limits: RateLimit) -> None:
        self.database, self.workspace = database, workspace_id
        self._metering = DatabaseMetering(database, limits)

    def step(self, run: str, path: str = "agent", **budget: Any) -> StepInput:
        limits = StepBudget(root_run_id="root", **budget) if budget else None
        fields: dict[str, Any] = {"kind": "model_turn", "name": "Turn", "config": {}, "budget": limits}
        return StepInput(workspace_id=str(self.workspace), run_id=run, path=path, **fields)

    def meter(self, run: str, path: str = "agent", seconds: float = 60, **budget: Any) -> Meter:
        return self._metering.of(self.step(run, path, **budget), seconds, own_key=True)

    async def spent(self) -> dict[str, float]:
        async with self.database.tenant(self.workspace) as session:
            rows = await session.execute(text("SELECT scope || ' ' || key, spent_usd FROM model_budgets"))
            return {name: float(amount) for name, amount in rows}

    async def grant(self, error: PerdureError, amount: float, approval: str = "a") -> None:
        message = GrantBudget(
            workspace_id=str(self.workspace),
            run_id="r",
            path="agent",
            iteration=0,
            approval_id=approval,
            amount_usd=amount,
            details=error.info.details,
        )
        await grant(self.database, message)


@pytest.fixture
def runs(database: Database, workspace_id: UUID) -> Runs:
    return Runs(database, workspace_id)


def planned(cost: float = 0.0, tokens: int = 0) -> Planned:
    return Planned(route(OPENAI), "key", tokens, Decimal(str(cost)))


async def call(meter: Meter, most: float, true: float) -> None:
    async with meter.metered(planned(most)) as used:
        await asyncio.sleep(0)
        used.cost = Decimal(str(true))


async def refusal(meter: Meter, most: float) -> PerdureError:
    with pytest.raises(PerdureError) as caught:
        await call(meter, most, most)
    return caught.value


async def test_many_calls_at_once_never_overspend(runs: Runs) -> None:
    async def attempt(number: int) -> ErrorCode:
        meter = runs.meter(f"run{number % 3}", f"turn{number}", tree_usd=1.0, run_usd=0.5, step_usd=0.2)
        while True:
            try:
                await call(meter, 0.1, 0.07)
            except PerdureError as error:
                if error.code is not ErrorCode.THROTTLED:
                    return error.code
                await asyncio.sleep(0.01)  # others may need less than they have reserved

    ends = await asyncio.gather(*(attempt(number) for number in range(24)))
    assert set(ends) == {ErrorCode.BUDGET_EXHAUSTED}
    spent = await runs.spent()
    assert spent["tree root"] == pytest.approx(sum(spent[f"run run{n}"] for n in range(3)))
    # As much as fits, and not a cent more: what is left is less than a call may take.
    assert 0.9 < spent["tree root"] <= 1.0
    assert all(amount <= 0.2 for name, amount in spent.items() if name.startswith("step"))


async def test_each_scope_refuses_and_a_person_can_add_to_it(runs: Runs) -> None:
    meter = runs.meter("r", run_usd=0.5, tree_usd=2.0)
    await call(meter, 0.5, 0.45)
    error = await refusal(meter, 0.1)
    assert error.code is ErrorCode.BUDGET_EXHAUSTED
    expected = {"limit_usd": 0.5, "spent_usd": 0.45, "reserved_usd": 0, "needed_usd": 0.1}
    assert error.info.details == {"scope": "run", "key": "r", **expected}
    assert "This run may spend $0.5 on models and has spent $0.45" in error.info.message
    for _ in range(3):
        await runs.grant(error, 0.06)
    await call(meter, 0.1, 0.1)
    assert (await refusal(meter, 0.02)).info.details["limit_usd"] == 0.56
    await runs.grant(error, 0.05, approval="b")
    await call(meter, 0.02, 0.02)
    assert await runs.spent() == {"run r": 0.57, "tree root": 0.57}


async def test_a_dead_workers_lease_is_replaced_or_lapses(runs: Runs) -> None:
    first = runs.meter("r", run_usd=1.0)
    async with first.metered(planned(0.9)) as used:
        # Another step finds no room; the same step, tried again elsewhere, takes the place of this attempt.
        error = await refusal(runs.meter("r", "other", run_usd=1.0), 0.2)
        assert (error.code, error.info.details["reserved_usd"]) == (ErrorCode.THROTTLED, 0.9)
        await call(runs.meter("r", run_usd=1.0), 0.9, 0.3)
        # It was not dead after all, and what it spent counts.
        used.cost = Decimal("0.2")
    assert await runs.spent() == {"run r": 0.5}
    async with runs.meter("r", "silent", seconds=DEAD, run_usd=1.0).metered(planned(0.5)):
        await call(runs.meter("r", "other", run_usd=1.0), 0.5, 0.5)
    assert await runs.spent() == {"run r": 1.0}
    async with runs.database.system() as session:
        await session.execute(text("UPDATE model_leases SET expires_at = now() - interval '2 days'"))
    assert await forget_budgets(runs.database) >= 4


async def test_the_month_of_a_workspace_is_a_scope_too(runs: Runs) -> None:
    async with runs.database.tenant(runs.workspace) as session:
        await session.execute(
            text("INSERT INTO quotas (workspace_id, cost_usd_per_month) VALUES (:id, 1)"), {"id": runs.workspace}
        )
        await session.execute(
            text("INSERT INTO usage_entries (workspace_id, tokens_in, tokens_out, cost_usd) VALUES (:id, 1, 1, 0.75)"),
            {"id": runs.workspace},
        )
    plain = await refusal(runs.meter("r"), 0.3)
    assert plain.code is ErrorCode.QUOTA_EXCEEDED
    assert plain.info.details["quota"] == "cost_usd_per_month"
    agents = await refusal(runs.meter("r", run_usd=5.0), 0.3)
    assert (agents.code, agents.info.details["scope"]) == (ErrorCode.BUDGET_EXHAUSTED, "month")
    await runs.grant(agents, 0.1)
    await call(runs.meter("r"), 0.3, 0.3)


async def test_members_of_a_crew_spend_from_one_budget(runs: Runs) -> None:
    crew = {"crews": (CrewBudget(key="r/crew", usd=1.0),)}
    await call(runs.meter("r", "crew.ada", **crew), 0.6, 0.6)
    stopped = await refusal(runs.meter("child", "agent", **crew), 0.6)
    assert (stopped.code, stopped.info.details["scope"]) == (ErrorCode.BUDGET_EXHAUSTED, "crew")
    await runs.grant(stopped, 0.2)
    await call(runs.meter("child", "agent", **crew), 0.6, 0.4)
    assert await runs.spent() == {"crew r/crew": 1.0}


async def test_a_model_without_a_price_is_not_asked_where_a_budget_counts(runs: Runs) -> None:
    unknown = Planned(route("mistral/of-our-own"), "key", 10, None)

    async def attempt(**budget: Any) -> None:
        async with runs.meter("r", **budget).metered(unknown):
            pass

    await attempt()
    with pytest.raises(PerdureError, match="PERDURE_MODEL_PRICES") as caught:
        await attempt(run_usd=1.0)
    assert (caught.value.code, caught.value.info.details["reason"]) == (ErrorCode.INVALID_CONFIG, "price_unknown")
    await call(runs.meter("r", run_usd=1.0), 1.0, 1.0)  # nothing stays reserved
    async with runs.database.tenant(runs.workspace) as session:
        quota = "INSERT INTO quotas (workspace_id, cost_usd_per_month) VALUES (:id, 1)"
        await session.execute(text(quota), {"id": runs.workspace})
    with pytest.raises(PerdureError, match="PERDURE_MODEL_PRICES"):
        await attempt()


def test_the_operator_gives_prices_that_nobody_else_knows() -> None:
    own, mini = route("mistral/of-our-own"), route("gpt-4o-mini")
    before = prices.cost_of(mini, Usage(fresh_in=1_000_000))
    assert prices.cost_of(own, Usage(fresh_in=1)) is None
    try:
        prices.also_known({name: ModelPrice(input=Decimal(2), output=Decimal(6)) for name in (own.model, mini.model)})
        used = Usage(fresh_in=1_000_000, cache_read=500_000, tokens_out=1_000_000)
        assert prices.cost_of(own, used) == prices.cost_of(mini, used) == Decimal(9)
        assert prices.facts(mini)["max_input_tokens"]
    finally:
        prices.also_known({})
    assert prices.cost_of(mini, Usage(fresh_in=1_000_000)) == before


async def test_steps_without_limits_write_nothing(runs: Runs) -> None:
    await call(runs.meter("r"), 100, 100)
    assert await runs.spent() == {}


async def test_a_budget_matches_the_price_table(runs: Runs, gateway: LlmGateway, stats: Stats) -> None:
    """A call that has no room is not made; one that was sent back counts twice; a failed one counts."""
    before = (await stats())["completed"]
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    said = asked("[[sim:json {}]] [[sim:usage in=1000 out=500 cached=200]]")
    request = LlmRequest(OPENAI, said, output_schema=schema, max_tokens=1000)

    async def ask(**budget: float) -> PerdureError:
        with pytest.raises(PerdureError) as caught:
            await gateway.complete(request, _nobody, runs.meter("r", **budget))
        return caught.value

    failed = await ask(run_usd=1.0)
    one = 800 * 2.5e-6 + 200 * 1.25e-6 + 500 * 10e-6
    assert failed.code is ErrorCode.OUTPUT_INVALID
    assert failed.info.details["spent"]["cost_usd"] == pytest.approx(2 * one)
    assert await runs.spent() == {"run r": pytest.approx(2 * one)}
    stopped = await ask(run_usd=2 * one + 0.01)
    assert stopped.code is ErrorCode.BUDGET_EXHAUSTED
    cut = LlmRequest(OPENAI, asked("[[sim:reply a b c d]] [[sim:fault cut]]"), max_tokens=100)
    with pytest.raises(PerdureError):
        await gateway.complete(cut, _nobody, runs.meter("cut", run_usd=1.0))
    assert (await runs.spent())["run cut"] > 0, "the vendor has not said what it cost"
    assert (await stats())["completed"] == before + 2


async def test_workers_share_the_rate_of_a_key(database: Database, workspace_id: UUID) -> None:
    slow, fast = RateLimit(requests_per_minute=3), RateLimit(requests_per_minute=6000, tokens_per_minute=60_000)
    workers = [Runs(database, workspace_id, openai=slow) for _ in range(2)]
    for worker in (*workers, workers[0]):
        await call(worker.meter("r"), 0, 0)
    late = await refusal(workers[1].meter("r"), 0)
    assert late.code is ErrorCode.THROTTLED
    assert 15 < late.info.details["retry_after"] <= 26
    assert not late.info.reaction.retryable

    busy = Runs(database, workspace_id, **{"*": fast}).meter("r")
    async with busy.metered(planned(tokens=60_000)) as used:
        used.tokens = 1_000
    # What it did not use can be used at once; a little is waited for here.
    async with busy.metered(planned(tokens=59_500)) as used:
        used.tokens = 59_500
    with pytest.raises(PerdureError) as caught:
        async with busy.metered(planned(tokens=90_000)):
            pass
    assert 50 < caught.value.info.details["retry_after"] < 90


async def test_a_provider_that_asks_for_a_pause_is_left_alone_by_all(database: Database, workspace_id: UUID) -> None:
    limited = Runs(database, workspace_id, **{OPENAI: RateLimit(requests_per_minute=1000)})
    with pytest.raises(PerdureError, match="busy"):
        async with limited.meter("r").metered(planned()):
            raise PerdureError(ErrorCode.RATE_LIMITED, "busy", retry_after=30.0)
    late = await refusal(limited.meter("s"), 0)
    assert (late.code, late.info.details["retry_after"] > 20) == (ErrorCode.THROTTLED, True)


async def _nobody(piece: str) -> None: ...
