"""Drafts: faults are kept and reported, and of two editors nobody loses anything."""

import asyncio
from typing import Any

import httpx
import pytest

from api.workflows.drafts_repository import KEPT_REVISIONS
from tests.api.documents import document, publish
from tests.api.test_gate import check_problem
from tests.api.workflows.drafting import create, edit, ok, publish_draft, read, save

YAML = {"Content-Type": "application/yaml"}

FAULTY = """\
# where it all begins
name: Imported
nodes:
  - id: a
    kind: transfrom   # a slip of the pen
  - {id: b, kind: transform, with: {value: "{{ nodes.nobody.output }}"}}
edges:
  - {from: a, to: nowhere}
layout:
  a: {x: 10, y: 20}
"""


async def test_a_workflow_begins_with_an_empty_draft(api: httpx.AsyncClient) -> None:
    made = await api.post("/v1/workflows/drafts", json={"name": "Refund triage", "tags": ["Finance", "finance", "eu"]})
    draft = ok(made, 201)
    assert made.headers["Location"] == "/v1/workflows/refund-triage/draft"
    assert draft["document"] == {"format": "perdure/v1", "name": "Refund triage", "nodes": [], "edges": []}
    assert (draft["revision"], draft["base_version"], draft["changed"]) == (1, None, True)
    assert [fault["field"] for fault in draft["faults"]] == ["nodes"]
    assert draft["saved_by"] == "operator"
    shown = ok(await api.get("/v1/workflows/refund-triage"))
    assert (shown["version"], shown["published_at"], shown["tags"]) == (None, None, ["eu", "Finance"])
    assert shown["draft"]["state"] == "faulty"
    problem: Any = check_problem(await api.post("/v1/runs", json={"workflow": "refund-triage"}), 409, "conflict")
    assert "no version yet" in problem["detail"]


async def test_a_free_slug_is_found_and_a_taken_one_refused(api: httpx.AsyncClient) -> None:
    slugs = [(await create(api))["slug"] for _ in range(3)]
    assert slugs == ["greeting", "greeting-2", "greeting-3"]
    long = "x" * 200
    assert {len((await create(api, long))["slug"]) for _ in range(3)} == {100}
    taken = await api.post("/v1/workflows/drafts", json={"name": "Other", "slug": "greeting"})
    check_problem(taken, 409, "conflict")


async def test_simultaneous_creation_finds_a_slug_for_everybody(api: httpx.AsyncClient) -> None:
    drafts = await asyncio.gather(*(create(api) for _ in range(6)))
    assert len({draft["slug"] for draft in drafts}) == 6


async def test_faults_are_kept_and_told(api: httpx.AsyncClient) -> None:
    await create(api)
    broken = document(nodes=[{"id": "greet", "kind": "transfrom"}])
    saved = ok(await save(api, 1, broken))
    assert (saved["revision"], saved["document"]) == (2, broken)
    assert [(fault["code"], fault["node"]) for fault in saved["faults"]] == [("unknown_kind", "greet")]
    assert await read(api) == saved
    refused: Any = check_problem(await publish_draft(api, 2), 422, "invalid_document")
    assert [fault["code"] for fault in refused["faults"]] == ["unknown_kind"]
    assert ok(await api.get("/v1/workflows/greeting"))["draft"]["state"] == "faulty"


@pytest.mark.parametrize(
    "wrong",
    [{"nodes": "none"}, {"nodes": [1]}, {"edges": {}}, {"layout": []}, {"name": 5}, {"name": "x" * 201}, {"notes": 1}],
    ids=str,
)
async def test_what_no_editor_could_show_is_refused(api: httpx.AsyncClient, wrong: dict[str, Any]) -> None:
    await create(api)
    problem: Any = check_problem(await save(api, 1, document(**{"nodes": [], **wrong})), 422, "invalid_document")
    assert problem["faults"][0]["field"].startswith(next(iter(wrong)))
    assert (await read(api))["revision"] == 1


async def test_of_two_editors_the_second_gets_both_sides(api: httpx.AsyncClient) -> None:
    begun = await create(api)
    mine, theirs = document(description="mine"), document(description="theirs")
    ok(await save(api, begun["revision"], theirs))
    problem: Any = check_problem(await save(api, begun["revision"], mine), 409, "stale_revision")
    details = problem["details"]
    assert details["expected"] == 1
    assert details["stored"]["document"] == theirs
    assert (details["stored"]["revision"], details["stored"]["saved_by"]) == (2, "operator")
    assert details["stored"]["saved_at"] > begun["saved_at"]
    assert details["base"]["document"] == begun["document"]
    assert [(change["field"], change["after"]) for change in details["changes"]["settings"]] == [
        ("description", "theirs")
    ]
    assert (await read(api))["document"] == theirs
    merged = ok(await save(api, details["stored"]["revision"], mine))
    assert merged["revision"] == 3


async def test_of_many_simultaneous_saves_exactly_one_counts(api: httpx.AsyncClient) -> None:
    await create(api)
    answers = await asyncio.gather(*(save(api, 1, document(description=str(number))) for number in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    assert (await read(api))["document"] == winner["document"]


async def test_the_revision_may_stand_in_the_header(api: httpx.AsyncClient) -> None:
    await create(api)
    tag = (await api.get("/v1/workflows/greeting/draft")).headers["ETag"]
    assert tag.startswith('"1-')
    known = await api.get("/v1/workflows/greeting/draft", headers={"If-None-Match": tag})
    assert known.status_code == 304
    body = {"document": document(description="new")}
    saved = await api.put("/v1/workflows/greeting/draft", json=body, headers={"If-Match": tag})
    assert ok(saved)["revision"] == 2
    stale = await api.put("/v1/workflows/greeting/draft", json=body, headers={"If-Match": tag})
    check_problem(stale, 409, "stale_revision")
    for headers, named in (({}, None), ({"If-Match": "*"}, None), ({"If-Match": '"7"'}, 2), ({"If-Match": ""}, 2)):
        wrong = await api.put("/v1/workflows/greeting/draft", json={**body, "revision": named}, headers=headers)
        check_problem(wrong, 422, "invalid_request")


async def test_saving_the_same_again_is_no_revision(api: httpx.AsyncClient) -> None:
    begun = await create(api)
    assert ok(await save(api, 1, begun["document"])) == begun
    moved = ok(await save(api, 1, {**begun["document"], "layout": {"greet": {"x": 1, "y": 2}}}))
    assert moved["revision"] == 2


async def test_only_the_latest_revisions_are_kept(api: httpx.AsyncClient) -> None:
    await create(api)
    for revision in range(1, KEPT_REVISIONS + 2):
        ok(await save(api, revision, document(description=str(revision))))
    old: Any = check_problem(await save(api, 1, document()), 409, "stale_revision")
    assert (old["details"]["base"], old["details"]["changes"]) == (None, None)
    kept: Any = check_problem(await save(api, 3, document()), 409, "stale_revision")
    assert kept["details"]["base"]["document"]["description"] == "2"


async def test_publishing_the_draft_makes_a_version_with_author_and_note(api: httpx.AsyncClient) -> None:
    await create(api)
    edited = await edit(api, description="first")
    published = await publish_draft(api, edited["revision"], note="the first")
    version = ok(published, 201)
    assert published.headers["Location"] == "/v1/workflows/greeting/versions/1"
    assert (version["version"], version["note"], version["author"], version["created"]) == (
        1,
        "the first",
        "operator",
        True,
    )
    shown = ok(await api.get("/v1/workflows/greeting/versions/1"))
    assert (shown["note"], shown["author"], shown["document"]) == ("the first", "operator", edited["document"])
    draft = await read(api)
    assert (draft["revision"], draft["base_version"], draft["changed"]) == (2, 1, False)
    again = await publish_draft(api, 2, note="once more")
    assert (again.status_code, again.json()["created"], again.json()["note"]) == (200, False, "the first")
    check_problem(await publish_draft(api, 1), 409, "stale_revision")


async def test_a_draft_that_says_nothing_new_follows_what_is_published_past_it(api: httpx.AsyncClient) -> None:
    await publish(api)
    assert (await read(api))["revision"] == 1
    await publish(api, description="two")
    draft = await read(api)
    assert (draft["revision"], draft["base_version"], draft["document"]["description"]) == (2, 2, "two")
    check_problem(await save(api, 1, document()), 409, "stale_revision")


async def test_what_was_published_past_a_draft_is_not_undone_by_accident(api: httpx.AsyncClient) -> None:
    await publish(api)
    mine = await edit(api, description="mine")
    await publish(api, description="theirs")
    draft = await read(api)
    assert (draft["revision"], draft["base_version"], draft["document"]) == (2, 1, mine["document"])
    problem: Any = check_problem(await publish_draft(api, 2), 409, "conflict")
    assert problem["details"] == {"newest": 2, "base_version": 1}
    check_problem(await publish_draft(api, 2, over=1), 409, "conflict")
    assert ok(await publish_draft(api, 2, over=2), 201)["version"] == 3


async def test_a_draft_that_was_published_elsewhere_is_unchanged_again(api: httpx.AsyncClient) -> None:
    await publish(api)
    mine = await edit(api, description="same")
    await publish(api, description="same")
    draft = await read(api)
    assert (draft["revision"], draft["base_version"], draft["changed"]) == (mine["revision"], 2, False)


async def test_a_version_is_restored_into_the_draft(api: httpx.AsyncClient) -> None:
    await publish(api)
    await publish(api, description="two")
    restored = await api.post("/v1/workflows/greeting/versions/1/restore", json={"revision": 2})
    draft = ok(restored)
    assert draft["document"] == document()
    assert (draft["revision"], draft["base_version"], draft["changed"]) == (3, 2, True)
    assert restored.headers["ETag"].startswith('"3-')
    stale = await api.post("/v1/workflows/greeting/versions/1/restore", json={"revision": 2})
    check_problem(stale, 409, "stale_revision")
    missing = await api.post("/v1/workflows/greeting/versions/9/restore", json={"revision": 3})
    check_problem(missing, 404, "not_found")
    third = ok(await publish_draft(api, 3), 201)
    assert third["version"] == 3
    assert ok(await api.get("/v1/workflows/greeting/versions/2"))["document"]["description"] == "two"


async def test_text_is_imported_with_its_faults_in_place(api: httpx.AsyncClient) -> None:
    imported = await api.post("/v1/workflows/import", content=FAULTY, headers=YAML)
    draft = ok(imported, 201)
    assert imported.headers["Location"] == "/v1/workflows/imported/draft"
    places = {fault["code"]: (fault["line"], fault["column"]) for fault in draft["faults"]}
    assert places["unknown_kind"] == (5, 5)
    assert places["unknown_node"][0] == 6
    assert places["dangling_edge"][0] == 8
    assert draft["document"]["layout"] == {"a": {"x": 10, "y": 20}}
    again = ok(await api.post("/v1/workflows/import?slug=mine", content=FAULTY, headers=YAML), 201)
    assert again["slug"] == "mine"
    taken = await api.post("/v1/workflows/import?slug=mine", content=FAULTY, headers=YAML)
    check_problem(taken, 409, "conflict")


async def test_text_is_imported_into_a_draft(api: httpx.AsyncClient) -> None:
    draft = await create(api)
    url = "/v1/workflows/greeting/draft/import"
    saved = ok(await api.post(url, content=FAULTY, headers={**YAML, "If-Match": f'"{draft["revision"]}"'}))
    assert saved["revision"] == 2
    assert {fault["line"] for fault in saved["faults"]} >= {5, 8}
    check_problem(await api.post(url, content=FAULTY, headers={**YAML, "If-Match": '"1"'}), 409, "stale_revision")
    check_problem(await api.post(url, content=FAULTY, headers=YAML), 422, "invalid_request")


@pytest.mark.parametrize("text", ["nodes: [", "just words", "[]", "nodes: 5", "name: {a: 1}"])
async def test_text_that_is_no_document_is_not_imported(api: httpx.AsyncClient, text: str) -> None:
    problem: Any = check_problem(
        await api.post("/v1/workflows/import", content=text, headers=YAML), 422, "invalid_document"
    )
    assert problem["faults"][0]["line"] >= 1
    assert ok(await api.get("/v1/workflows"))["items"] == []


async def test_a_draft_is_checked_against_other_workflows_as_they_are_now(api: httpx.AsyncClient) -> None:
    calls = [{"id": "sub", "kind": "sub_workflow", "with": {"workflow": "greeting"}}]
    draft = ok(await api.post("/v1/workflows/drafts", json={"name": "Caller", "document": {"nodes": calls}}), 201)
    assert [fault["code"] for fault in draft["faults"]] == ["unknown_workflow"]
    await publish(api)
    assert (await read(api, "caller"))["faults"] == []


async def test_drafts_of_another_workspace_are_not_there(api: httpx.AsyncClient, other_api: httpx.AsyncClient) -> None:
    await create(api)
    check_problem(await other_api.get("/v1/workflows/greeting/draft"), 404, "not_found")
    check_problem(await save(other_api, 1, document()), 404, "not_found")
    check_problem(await publish_draft(other_api, 1), 404, "not_found")
