"""Documents become versions that never change; faults come all at once with their places."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.api.documents import document, publish
from tests.api.test_gate import check_problem

YAML = {"Content-Type": "application/yaml"}

BROKEN = """\
format: perdure/v1
name: Broken
nodes:
  - id: a
    kind: transfrom
  - id: b
    kind: transform
    with: {value: "{{ nodes.c.output }}", colour: red}
edges:
  - {from: a, to: nowhere}
"""


async def test_validate_reports_every_fault_with_its_place(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/validate", content=BROKEN, headers=YAML)
    assert answer.status_code == 200
    faults = {fault["code"]: fault for fault in answer.json()["faults"]}
    assert {"unknown_kind", "unknown_node", "unknown_field", "dangling_edge"} <= faults.keys()
    assert faults["unknown_kind"]["node"] == "a"
    assert faults["unknown_kind"]["line"] == 5
    assert faults["unknown_field"]["line"] == 8
    assert faults["unknown_field"]["column"] > 1


async def test_validate_takes_json_and_finds_nothing_in_a_good_document(api: httpx.AsyncClient) -> None:
    assert (await api.post("/v1/validate", json=document())).json() == {"faults": []}


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        ("nodes: [", "application/yaml", "invalid_syntax"),
        ('{"nodes": [}', "application/json", "invalid_syntax"),
        ("just text", "application/yaml", "invalid_value"),
        ("[1, 2]", "application/json", "invalid_value"),
        ('{"name": "a\\u0000b"}', "application/json", "invalid_text"),
        ('{"name": "a\\ud800b"}', "application/json", "invalid_text"),
        ('{"name": ' + "[" * 200 + "]" * 200 + "}", "application/json", "limit_exceeded"),
    ],
)
async def test_texts_that_are_no_documents_are_faults(
    api: httpx.AsyncClient, content: str, kind: str, code: str
) -> None:
    answer = await api.post("/v1/validate", content=content, headers={"Content-Type": kind})
    assert answer.status_code == 200, answer.text
    assert code in {fault["code"] for fault in answer.json()["faults"]}


async def test_other_content_types_and_encodings_are_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/validate", content=b"<xml/>", headers={"Content-Type": "application/xml"})
    check_problem(answer, 415, "unsupported_media_type")
    check_problem(await api.post("/v1/validate", content=b"\xff\xfe", headers=YAML), 422, "invalid_text")


async def test_publish_refuses_with_all_faults(api: httpx.AsyncClient) -> None:
    problem: Any = check_problem(await api.post("/v1/workflows", content=BROKEN, headers=YAML), 422, "invalid_document")
    assert len(problem["faults"]) >= 4
    assert (await api.get("/v1/workflows")).json()["items"] == []


async def test_versions_count_up_and_unchanged_content_keeps_its_version(api: httpx.AsyncClient) -> None:
    first = await api.post("/v1/workflows", json=document("Order Größe!"))
    assert first.status_code == 201
    assert first.json()["slug"] == "order-grosse"
    slug = first.json()["slug"]
    assert first.headers["location"] == f"/v1/workflows/{slug}/versions/1"
    moved = document("Order Größe!", layout={"greet": {"x": 10, "y": 20}})
    same = await api.post("/v1/workflows", json=moved)
    assert same.status_code == 200
    assert same.json() == {**first.json(), "created": False}
    described = await api.post("/v1/workflows", json=document("Order Größe!", description="new"))
    assert described.json()["version"] == 2
    detail = (await api.get(f"/v1/workflows/{slug}")).json()
    assert [version["version"] for version in detail["versions"]] == [2, 1]
    old = (await api.get(f"/v1/workflows/{slug}/versions/1")).json()
    assert old["document"] == document("Order Größe!")
    assert old["input_schema"]["required"] == ["email"]


async def test_the_slug_can_be_chosen_and_is_made_of_any_name(api: httpx.AsyncClient) -> None:
    chosen = await api.post("/v1/workflows?slug=my-flow", json=document())
    assert chosen.json()["slug"] == "my-flow"
    assert (await publish(api, name="退款"))["slug"].startswith("workflow-")
    answer = await api.post("/v1/workflows?slug=No%20Slug", json=document())
    check_problem(answer, 422, "invalid_request")


async def test_simultaneous_publishing_numbers_versions_without_gap(api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(api.post("/v1/workflows", json=document(description=str(number))) for number in range(8))
    )
    assert sorted(answer.json()["version"] for answer in answers) == list(range(1, 9))


async def test_sub_workflows_are_pinned_at_publish(api: httpx.AsyncClient) -> None:
    def parent(reference: str) -> dict[str, Any]:
        node = {"id": "sub", "kind": "sub_workflow", "with": {"workflow": reference, "input": {"email": "x"}}}
        return {"format": "perdure/v1", "name": "Parent", "nodes": [node]}

    missing = await api.post("/v1/workflows", json=parent("greeting"))
    problem: Any = check_problem(missing, 422, "invalid_document")
    assert problem["faults"][0]["code"] == "unknown_workflow"
    await publish(api)
    one = (await api.post("/v1/workflows", json=parent("greeting"))).json()
    await publish(api, description="two")
    two = (await api.post("/v1/workflows", json=parent("greeting"))).json()
    assert (one["version"], two["version"]) == (1, 2)
    assert one["plan_hash"] != two["plan_hash"]
    pinned = (await api.post("/v1/workflows", json=parent("greeting@1"))).json()
    assert pinned["version"] == 3
    check_problem(await api.post("/v1/workflows", json=parent("greeting@9")), 422, "invalid_document")


async def test_lists_are_paged(api: httpx.AsyncClient) -> None:
    for name in ("One", "Two", "Three"):
        await publish(api, name=name)
    first = (await api.get("/v1/workflows", params={"limit": 2})).json()
    rest = (await api.get("/v1/workflows", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [item["slug"] for item in first["items"] + rest["items"]] == ["one", "three", "two"]
    assert rest["next_cursor"] is None
    check_problem(await api.get("/v1/workflows", params={"cursor": "rubbish"}), 422, "invalid_request")


async def test_what_is_not_there_is_not_found(api: httpx.AsyncClient) -> None:
    await publish(api)
    for path in ("nothing", "No Slug", "greeting/versions/2", "greeting/versions/99999999999"):
        check_problem(await api.get(f"/v1/workflows/{path}"), 404, "not_found")


async def test_a_workspace_does_not_see_the_workflows_of_another(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    published = await publish(api)
    check_problem(await other_api.get(f"/v1/workflows/{published['slug']}"), 404, "not_found")
    assert (await other_api.get("/v1/workflows")).json()["items"] == []


async def test_a_document_of_five_thousand_nodes_is_published(api: httpx.AsyncClient) -> None:
    nodes = [{"id": f"n{i}", "kind": "transform", "with": {"value": i}} for i in range(5_000)]
    edges = [{"from": f"n{i}", "to": f"n{i + 1}"} for i in range(4_999)]
    answer = await api.post("/v1/workflows", json=document(nodes=nodes, edges=edges), timeout=60)
    assert answer.status_code == 201, answer.text[:500]
