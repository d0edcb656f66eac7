"""The worker dies by kill -9 while it takes a document in: nothing is lost, and what has a vector is not paid again."""

from typing import Any

import pytest

from activities.knowledge.ingestion import BATCH
from tests.faults.processes import wait_for
from tests.faults.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

PORTIONS = 6
# The stand-in model takes its time, so that a kill hits a call that is under way as well.
PARAGRAPH = "Paragraph number {} speaks of teapots and of nothing else at all. [[sim:delay 0.3]] " + "Tea. " * 40


def document(stack: Stack, name: str) -> dict[str, Any]:
    answer = stack.call("POST", "/v1/knowledge", json={"name": name, "chunk_chars": 300, "overlap_chars": 0})
    assert answer.is_success, answer.text
    text = "\n\n".join(PARAGRAPH.format(number) for number in range(BATCH * PORTIONS))
    answer = stack.call(
        "POST", f"/v1/knowledge/{answer.json()['slug']}/documents", json={"name": "a.txt", "text": text}
    )
    assert answer.is_success, answer.text
    made: dict[str, Any] = answer.json()
    return made


def portions(stack: Stack, document_id: str) -> list[str]:
    """Under which keys the model is asked for the vectors of each portion."""
    places = ", ".join(str(place) for place in range(0, BATCH * PORTIONS, BATCH))
    chosen = f"FROM knowledge_chunks WHERE document_id = '{document_id}' AND position IN ({places})"
    ids = stack.query(f"SELECT array_agg(id ORDER BY position) {chosen}")
    return [f"{document_id}/{chunk}" for chunk in ids]


def test_killed_while_a_document_is_taken_in(stack: Stack) -> None:
    made = document(stack, "Killed")
    path = f"/v1/knowledge/killed/documents/{made['id']}"
    finished: list[list[int]] = []
    for done in (1, 3):
        wait_for(lambda done=done: stack.read(path)["embedded"] >= BATCH * done, f"{done} portions have vectors")
        stack.worker.kill()
        embedded = stack.read(path)["embedded"]
        assert embedded < BATCH * PORTIONS
        keys = portions(stack, made["id"])[: embedded // BATCH]
        finished.append([stack.world.model_calls(key) for key in keys])
        stack.worker.start()
    wait_for(lambda: stack.read(path)["status"] == "ready", "the document is taken in")
    after = stack.read(path)
    assert (after["chunks"], after["embedded"], after["error"]) == (BATCH * PORTIONS, BATCH * PORTIONS, None)
    calls = [stack.world.model_calls(key) for key in portions(stack, made["id"])]
    for counted in finished:
        assert calls[: len(counted)] == counted
    # A portion that was under way when the worker died is asked for again, and no other.
    assert all(1 <= count <= 2 for count in calls)
    assert sum(calls) <= PORTIONS + 2
    stored = stack.query(
        f"SELECT count(DISTINCT seq) FROM knowledge_chunks WHERE document_id = '{made['id']}' AND embedding IS NOT NULL"
    )
    assert stored == BATCH * PORTIONS
    answer = stack.call("POST", "/v1/knowledge/killed/search", json={"query": "Paragraph number 77", "top_k": 3})
    assert any("number 77 " in one["text"] for one in answer.json()["items"]), answer.text
