"""Schedules: the times that are shown are those at which Temporal acts, and each time has one run."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from pydantic import ValidationError
from temporalio.client import ScheduleInfo, ScheduleOverlapPolicy

from engine.schedule_keeper import temporal_id
from engine.schedule_times import next_times
from schemas.schedules import ScheduleTimes
from tests.support.perdure import Perdure
from tests.support.polling import eventually

TRICKY: list[dict[str, Any]] = [
    {"cron": ["30 2 * * *"], "time_zone": "Europe/Berlin", "starts_at": "2027-03-26T00:00:00Z"},
    {"cron": ["30 2 * * *"], "time_zone": "Europe/Berlin", "starts_at": "2027-10-29T00:00:00Z"},
    {"cron": ["0 9-17/4 1-7 */3 mon"], "calendars": [{"hour": "3", "minute": "5,50", "day_of_week": "fri-7"}]},
    {
        "intervals": [{"every": "7h", "offset": "23m"}],
        "exceptions": [{"hour": "*", "minute": "*", "day_of_week": "sat,sun"}],
        "ends_at": (datetime.now(UTC) + timedelta(days=3)).isoformat(),
    },
]


async def made(perdure: Perdure, slug: str, times: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await perdure.api.post("/v1/schedules", json={"workflow": slug, "name": "S", "times": times, **more})
    assert answer.status_code == 201, answer.text
    schedule: dict[str, Any] = answer.json()
    return schedule


async def starts(perdure: Perdure, schedule: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Waits for so many starts."""

    async def look() -> list[dict[str, Any]] | None:
        page = (await perdure.api.get(f"/v1/schedules/{schedule['id']}/starts")).json()["items"]
        return page if len(page) >= count else None

    found = await eventually(look, seconds=40)
    assert found is not None
    return found


def saying(value: str) -> dict[str, Any]:
    return {"id": "a", "kind": "transform", "with": {"value": value}}


async def test_shown_times_are_those_of_temporal(perdure: Perdure) -> None:
    slug = await perdure.publish([saying("x")])
    for times in TRICKY:
        schedule = await made(perdure, slug, times)
        handle = perdure.temporal.get_schedule_handle(temporal_id(schedule["id"]))

        async def known(identity: str = schedule["id"]) -> bool:
            return bool((await perdure.api.get(f"/v1/schedules/{identity}")).json()["state"] == "active")

        await eventually(known, seconds=20)
        theirs = (await handle.describe()).info.next_action_times
        assert theirs == next_times(ScheduleTimes.model_validate(times), datetime.now(UTC), 10)


async def test_each_time_starts_one_run_and_past_times_are_made_up_for_once(perdure: Perdure) -> None:
    slug = await perdure.publish([saying("{{ input.at }}")], output="{{ nodes.a.output }}")
    times = {"intervals": [{"every": "1h"}]}
    schedule = await made(perdure, slug, times, input={"at": "{{ schedule.at }}"}, paused=True, reason="first look")
    assert (schedule["pause_reason"], schedule["next_times"]) == ("first look", [])
    now = datetime.now(UTC)
    past = {"starts_at": (now - timedelta(hours=3)).isoformat(), "ends_at": now.isoformat()}
    for _ in range(2):  # asked for twice, and no time has two runs
        answer = await perdure.api.post(f"/v1/schedules/{schedule['id']}/backfill", json=past)
        assert (answer.status_code, answer.json()["times"]) == (202, 3)
    found = await starts(perdure, schedule, 3)
    hour = now.replace(minute=0, second=0, microsecond=0)
    wanted = [hour - timedelta(hours=number) for number in range(3)]
    assert [datetime.fromisoformat(one["scheduled_at"]) for one in found] == wanted
    runs = [await perdure.ended(one["run_id"]) for one in found]
    assert [run["output"] for run in runs] == [at.isoformat() for at in wanted]
    assert {(run["trigger"], run["started_by"]) for run in runs} == {("schedule", "Schedule S")}
    listed = (await perdure.api.get("/v1/runs", params={"trigger": "schedule", "workflow": slug})).json()["items"]
    assert len(listed) == 3
    await run_at_once_and_seen_in_the_calendar(perdure, schedule, now)


async def run_at_once_and_seen_in_the_calendar(perdure: Perdure, schedule: dict[str, Any], now: datetime) -> None:
    """A paused schedule runs when somebody asks for it, once for each key; the calendar tells past and coming."""
    path = f"/v1/schedules/{schedule['id']}"
    asked = [await perdure.api.post(f"{path}/run", headers={"idempotency-key": "now"}) for _ in range(2)]
    assert [one.status_code for one in asked] == [202, 202]
    assert asked[0].json()["run_id"] == asked[1].json()["run_id"]
    run = await perdure.ended(asked[0].json()["run_id"])
    assert (run["trigger"], run["started_by"]) == ("schedule", "operator")
    span = {"starts_at": (now - timedelta(hours=5)).isoformat(), "ends_at": (now + timedelta(hours=5)).isoformat()}
    query = {**span, "workflow": schedule["workflow"]}
    told = (await perdure.api.get("/v1/schedules/calendar", params=query)).json()
    assert [(one["status"], one["run_status"]) for one in told["items"]] == [("started", "completed")] * 4
    await perdure.api.post(f"{path}/resume")
    told = (await perdure.api.get("/v1/schedules/calendar", params=query)).json()
    assert [one["status"] for one in told["items"]] == ["started"] * 4 + ["coming"] * 5
    assert [(one["name"], one["frequent"]) for one in told["schedules"]] == [("S", False)]
    await perdure.api.post(f"{path}/pause")
    far = {**query, "ends_at": (now + timedelta(days=50)).isoformat()}
    assert (await perdure.api.get("/v1/schedules/calendar", params=far)).status_code == 422


@pytest.mark.parametrize(("overlap", "ended"), [("cancel_other", "cancelled"), ("terminate_other", "terminated")])
async def test_overlap_ends_the_other_run_and_refusals_are_told(perdure: Perdure, overlap: str, ended: str) -> None:
    waiting = {"id": "wait", "kind": "wait", "with": {"duration": "1h"}}
    slug = await perdure.publish([waiting], input={"type": "object", "properties": {"n": {"type": "integer"}}})
    every_second = {"calendars": [{"second": "*", "minute": "*", "hour": "*"}]}
    schedule = await made(perdure, slug, every_second, overlap=overlap)
    path = f"/v1/schedules/{schedule['id']}"
    found = await starts(perdure, schedule, 2)
    first = await perdure.ended(found[-1]["run_id"])
    assert first["status"] == ended
    changed = {"name": "S", "times": every_second, "overlap": "allow_all", "input": {"n": "no number"}}
    assert (await perdure.api.put(path, json=changed)).status_code == 200

    async def refused() -> dict[str, Any] | None:
        page = (await perdure.api.get(f"{path}/starts")).json()["items"]
        return next((one for one in page if one["status"] == "failed"), None)

    failed = await eventually(refused, seconds=30)
    assert failed is not None
    assert failed["error"]["code"] == "invalid_input"
    paused = await perdure.api.post(f"{path}/pause", json={"reason": "too much"})
    assert (paused.json()["paused"], paused.json()["pause_reason"]) == (True, "too much")
    assert (await perdure.api.delete(path)).status_code == 204
    assert (await perdure.api.get(path)).status_code == 404

    async def forgotten() -> bool:
        found = [one.id async for one in await perdure.temporal.list_schedules()]
        return temporal_id(schedule["id"]) not in found

    await eventually(forgotten, seconds=20)
    for one in (await perdure.api.get("/v1/runs", params={"workflow": slug})).json()["items"]:
        await perdure.api.post(f"/v1/runs/{one['id']}/terminate")


@pytest.mark.parametrize(
    "times",
    [
        {},
        {"cron": ["61 * * * *"]},
        {"cron": ["* * * *"]},
        {"cron": ["* * * * someday"]},
        {"cron": ["5-1 * * * *"]},
        {"cron": ["* * * * *"], "time_zone": "Mars/Base"},
        {"intervals": [{"every": "0.5s"}]},
        {"intervals": [{"every": "1h", "offset": "2h"}]},
        {"calendars": [{"hour": "24"}]},
        {"cron": ["@daily"], "starts_at": "2027-01-02T00:00:00Z", "ends_at": "2027-01-01T00:00:00Z"},
    ],
)
def test_what_is_no_time_is_refused(times: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ScheduleTimes.model_validate(times)


@pytest.mark.longer
async def test_overlap_leaves_times_out_or_lets_them_wait(perdure: Perdure) -> None:
    waiting = {"id": "wait", "kind": "wait", "with": {"duration": "1h"}}
    end = datetime.now(UTC) + timedelta(seconds=6)
    every_second = {"intervals": [{"every": "1s"}], "ends_at": end.isoformat()}
    slugs = {name: await perdure.publish([waiting]) for name in ("skip", "buffer_one", "buffer_all")}
    more = {"skip": {}, "buffer_one": {"overlap": "buffer_one"}, "buffer_all": {"overlap": "buffer_all"}}
    schedules = {name: await made(perdure, slug, every_second, **more[name]) for name, slug in slugs.items()}
    assert schedules["skip"]["overlap"] == "skip"
    await starts(perdure, schedules["buffer_all"], 1)

    async def over() -> bool:
        return datetime.now(UTC) > end + timedelta(seconds=1)

    await eventually(over, seconds=20)
    # Whatever waited is let go: one run after the other, until nothing goes on.
    expected = {"skip": 1, "buffer_one": 2}
    for name, slug in slugs.items():
        info = await ended_one_by_one(perdure, schedules[name], slug, at_least=expected.get(name, 3))
        assert (info.num_actions_skipped_overlap == 0) is (name == "buffer_all"), name
        assert info.num_actions == expected.get(name, info.num_actions), name
        listed = (await perdure.api.get("/v1/runs", params={"workflow": slug})).json()["items"]
        assert len(listed) == info.num_actions
        runs = sorted((run["started_at"], run["ended_at"]) for run in listed)
        assert all(one[1] <= after[0] for one, after in pairwise(runs)), name


async def ended_one_by_one(perdure: Perdure, schedule: dict[str, Any], slug: str, *, at_least: int) -> ScheduleInfo:
    """Cancels the runs of a schedule until there are no more; what Temporal then tells of it."""
    handle = perdure.temporal.get_schedule_handle(temporal_id(schedule["id"]))
    cancelled: set[str] = set()

    async def look() -> ScheduleInfo | None:
        query = {"workflow": slug, "status": ["pending", "running"]}
        going = (await perdure.api.get("/v1/runs", params=query)).json()["items"]
        for run in going:
            if run["id"] not in cancelled:
                cancelled.add(run["id"])
                await perdure.api.post(f"/v1/runs/{run['id']}/cancel")
        info = (await handle.describe()).info
        waits = bool(going or info.running_actions or info.next_action_times)
        return info if info.num_actions >= at_least and not waits else None

    found = await eventually(look, seconds=60)
    assert found is not None
    return found


async def test_jitter_and_catch_up_are_temporals(perdure: Perdure) -> None:
    times = {"intervals": [{"every": "1h"}], "jitter": 90}
    schedule = await made(perdure, await perdure.publish([saying("x")]), times, catch_up=7_200)
    handle = perdure.temporal.get_schedule_handle(temporal_id(schedule["id"]))

    async def known() -> bool:
        return bool((await perdure.api.get(f"/v1/schedules/{schedule['id']}")).json()["state"] == "active")

    await eventually(known, seconds=20)
    told = (await handle.describe()).schedule
    assert told.spec.jitter == timedelta(seconds=90)
    assert told.policy.catchup_window == timedelta(hours=2)
    assert told.policy.overlap is ScheduleOverlapPolicy.SKIP
