"""Quotas of tokens and money, held to before every call of a model."""

from typing import Any

from sqlalchemy import text

from tests.support.perdure import PACED, Perdure

USAGE = "[[sim:usage in=1000 out=500]]"
_TIMER = "timer_started_event_attributes"
COST = 0.0075
"""US dollars of that call."""


def ask(node: str, marker: str = "[[sim:reply Yes]]", **fields: Any) -> dict[str, Any]:
    """A node that calls a model."""
    return {"id": node, "kind": "llm", "with": {"model": "gpt-4o", "prompt": f"Ask. {marker} {USAGE}"}, **fields}


async def limit(perdure: Perdure, **quotas: Any) -> None:
    """Set quotas."""
    (await perdure.api.patch("/v1/workspace/quotas", json=quotas)).raise_for_status()


async def usage(perdure: Perdure) -> dict[str, Any]:
    """What the workspace has used."""
    found: dict[str, Any] = (await perdure.api.get("/v1/workspace/usage")).raise_for_status().json()
    return found


async def test_every_call_of_a_model_is_counted_once(perdure: Perdure) -> None:
    run = await perdure.run([ask("one"), ask("two")], ["one>two"])
    assert (run["status"], run["tokens_in"], run["cost_usd"]) == ("completed", 2_000, 2 * COST)
    used = await usage(perdure)
    assert (used["tokens_in"], used["tokens_out"], used["cost_usd"]) == (2_000, 1_000, 2 * COST)


async def test_a_step_that_would_go_over_the_quota_fails_at_once(perdure: Perdure) -> None:
    await limit(perdure, tokens_per_month=1_500)
    run = await perdure.run([ask("one"), ask("two", retry={"max_attempts": 5})], ["one>two"])
    assert run["status"] == "failed"
    assert run["error"]["code"] == "quota_exceeded"
    assert run["error"]["node"] == "two"
    assert run["error"]["details"] | {"resets_at": ""} == {
        "quota": "tokens_per_month",
        "limit": 1_500,
        "used": 1_500,
        "resets_at": "",
    }
    steps = await perdure.steps(run["id"])
    assert (steps["one"]["status"], steps["two"]["status"], steps["two"]["attempt"]) == ("completed", "failed", 1)
    assert (await perdure.api.post("/v1/runs", json={"workflow": run["workflow"]})).status_code == 429


async def test_it_goes_on_when_the_quota_was_raised(perdure: Perdure) -> None:
    await limit(perdure, tokens_per_month=1_500)
    run = await perdure.run([ask("one"), ask("two")], ["one>two"])
    await limit(perdure, tokens_per_month=3_000)
    await perdure.control(run["id"], "retry")
    assert (await perdure.ended_again(run["id"], 2))["status"] == "completed"
    assert (await usage(perdure))["tokens_in"] == 2_000


async def test_a_step_waits_for_an_owner_when_the_money_of_a_month_is_spent(perdure: Perdure) -> None:
    # The first call may cost that much, and costs less; for the second one there is too little then.
    await limit(perdure, cost_usd_per_month=0.045)
    run = await perdure.start(await perdure.publish([ask("one"), ask("two")], ["one>two"]))
    asked = await perdure.decide(run, "approved", data={"amount": 1})
    assert (asked["path"], asked["payload"]["error"]["details"]["scope"]) == ("two", "month")
    assert (await perdure.ended(run))["status"] == "completed"
    assert (await usage(perdure))["tokens_in"] == 2_000


async def test_steps_that_call_no_model_go_on(perdure: Perdure) -> None:
    await limit(perdure, tokens_per_month=1)
    nodes = [ask("one"), {"id": "two", "kind": "code", "with": {"code": "1 + 1"}}]
    assert (await perdure.run(nodes, ["one>two"]))["status"] == "completed"


async def test_failed_attempts_are_paid_for_too(perdure: Perdure) -> None:
    node = ask("one", '[[sim:json "no object"]]', retry={"max_attempts": 2, "initial": "10ms"})
    node["with"]["output_schema"] = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    run = await perdure.run([node])
    assert run["error"]["code"] == "output_invalid"
    # Two attempts, and within each the answer was sent back once.
    assert (run["tokens_in"], run["tokens_out"]) == (4_000, 2_000)
    used = await usage(perdure)
    assert (used["tokens_in"], used["tokens_out"]) == (4_000, 2_000)
    assert used["cost_usd"] == run["cost_usd"] == 4 * COST


async def test_a_step_waits_its_turn_without_a_failed_attempt(perdure: Perdure) -> None:
    node = ask("one", retry={"max_attempts": 1})
    node["with"]["model"] = PACED
    slug = await perdure.publish([node])
    await perdure.ended(await perdure.start(slug))
    async with perdure.database.system() as session:
        await session.execute(text("UPDATE model_rates SET requests = 0, updated_at = clock_timestamp()"))
    run = await perdure.ended(await perdure.start(slug))
    assert (run["status"], run["cost_usd"]) == ("completed", 0.0125)
    assert (await perdure.steps(run["id"]))["one"]["attempt"] == 1
    events = (await perdure.handle(run["id"]).fetch_history()).events
    pauses = [getattr(e, _TIMER).start_to_fire_timeout.seconds for e in events if e.HasField(_TIMER)]
    assert len([seconds for seconds in pauses if 2 <= seconds < 10]) == 1


async def test_children_count_as_their_parent(perdure: Perdure) -> None:
    inner = await perdure.publish([ask("one")])
    outer = await perdure.publish(
        [{"id": name, "kind": "sub_workflow", "with": {"workflow": inner}} for name in ("a", "b", "c")]
    )
    await limit(perdure, starts_per_minute=1, running_runs=1)
    run = await perdure.ended(await perdure.start(outer))
    assert run["status"] == "completed"
    quotas = {quota["quota"]: quota["used"] for quota in (await usage(perdure))["quotas"]}
    assert (quotas["starts_per_minute"], quotas["running_runs"]) == (1, 0)
    assert (await usage(perdure))["tokens_in"] == 3_000


async def test_without_a_quota_nothing_is_counted_or_locked(perdure: Perdure) -> None:
    await perdure.run([{"id": "a", "kind": "transform", "with": {"value": 1}}])
    async with perdure.database.tenant(perdure.workspace_id) as session:
        for table in ("quotas", "quota_starts", "usage_entries", "usage_days"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
