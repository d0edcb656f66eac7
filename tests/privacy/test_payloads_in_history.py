"""What a run is about is nowhere in Temporal in the clear, and every way into and out of a workflow still works."""

from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter

from engine.payload_marks import ENCODING
from tests.support.perdure import Perdure
from tests.support.polling import eventually

NAME = "Ada Lovelace"


async def history_to_the_end(perdure: Perdure, run: str) -> WorkflowHistory:
    """The history of a run that has ended; Temporal hears of the end a moment after the run log."""

    async def look() -> bool:
        return (await perdure.handle(run).describe()).close_time is not None

    await eventually(look)
    return await perdure.handle(run).fetch_history()


async def test_raw_history_holds_no_plaintext(perdure: Perdure) -> None:
    nodes = [
        {"id": "greet", "kind": "transform", "with": {"value": "{{ 'for ' + input.who }}"}},
        {
            "id": "ask",
            "kind": "approval",
            "with": {"title": f"May {NAME} have it?", "payload": {"who": "{{ input.who }}"}},
        },
        {
            "id": "fail",
            "kind": "code",
            "name": f"call {NAME}",
            "with": {"code": f"raise ValueError('about {NAME}')"},
            "retry": {"max_attempts": 1},
        },
    ]
    slug = await perdure.publish(nodes, ["greet>ask", "ask.approved>fail"], name=f"about {NAME}")
    run = await perdure.start(slug, {"who": NAME, "notes": f"{NAME} " * 10_000})
    await perdure.decide(run, "approved", reason=f"because {NAME} said so")
    ended = await perdure.ended(run)
    assert (ended["input"]["who"], ended["status"]) == (NAME, "failed")

    history = await history_to_the_end(perdure, run)
    raw = b"".join(event.SerializeToString() for event in history.events)
    for word in (NAME.encode(), b"Lovelace"):
        assert word not in raw
    assert raw.count(ENCODING) > 1  # how many steps stand in one event depends on how fast they were
    # A fork asks a workflow, or reads what it left behind; the codec is in all of that.
    forked = await perdure.fork(run, node="fail")
    await perdure.decide(forked, "approved")
    assert (await perdure.ended(forked))["status"] == "failed"


async def test_histories_replay_with_the_key_and_not_without(perdure: Perdure) -> None:
    ended = await perdure.run([{"id": "one", "kind": "transform", "with": {"value": "{{ input }}"}}], input={"a": 1})
    history = await history_to_the_end(perdure, ended["id"])
    result = history.events[-1].workflow_execution_completed_event_attributes.result.payloads
    assert await perdure.temporal.data_converter.decode(list(result))
    try:
        await DataConverter().decode(list(result))
    except (RuntimeError, KeyError):
        return
    raise AssertionError("the SDK alone could read the result")
