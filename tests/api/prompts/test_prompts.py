"""Prompts: versions, labels, and what a published version takes from them."""

from typing import Any

from tests.support.perdure import Perdure


def workflow(name: str, **prompt: Any) -> dict[str, Any]:
    llm = {"id": "ask", "kind": "llm", "with": {"model": "gpt-4o-mini", "prompt": "hi", "system": prompt}}
    return {"format": "perdure/v1", "name": name, "nodes": [llm], "edges": []}


async def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def test_a_label_counts_when_a_document_is_published(perdure: Perdure) -> None:
    api = perdure.api
    first = {"name": "support", "text": "Be {tone}.\nSign as {{ input.name }}. [[sim:reply one]]", "note": "begin"}
    made = await ok(await api.post("/v1/prompts", json=first), 201)
    assert made["versions"][0]["variables"] == ["tone"]
    assert (await api.post("/v1/prompts", json=first)).json()["code"] == "conflict"
    more = {"text": "Be {tone} and {mood}.\nSign as {{ input.name }}. [[sim:reply two]]"}
    assert (await ok(await api.post("/v1/prompts/support/versions", json=more), 201))["version"] == 2

    wrong = await api.post("/v1/workflows", json=workflow("w", **{"$prompt": "support"}))
    assert "There is no prompt `support@production`" in wrong.text
    label = "/v1/prompts/support/labels/production"
    assert (await ok(await api.put(label, json={"version": 1})))["version"] == 1
    missing = await api.post("/v1/workflows", json=workflow("w", **{"$prompt": "support"}))
    [fault] = missing.json()["faults"]
    assert (fault["node"], fault["field"], "needs" in fault["message"]) == ("ask", "with.system", True)

    document = workflow("w", **{"$prompt": "support@production", "variables": {"tone": "kind"}})
    slug = (await ok(await api.post("/v1/workflows", json=document), 201))["slug"]
    await ok(await api.put(label, json={"version": 2}))
    run = await perdure.start(slug, {"name": "Ada"})
    assert (await perdure.ended(run))["output"] == "one"
    asked = (await perdure.steps(run))["ask"]["input"]["system"]
    assert asked == "Be kind.\nSign as Ada. [[sim:reply one]]"

    compared = await ok(await api.get("/v1/prompts/support/diff", params={"before": 1, "after": 2}))
    assert compared["variables_added"] == ["mood"]
    assert compared["lines"][1:3] == ["-Be {tone}.", "-Sign as {{ input.name }}. [[sim:reply one]]"]
    [user] = (await ok(await api.get("/v1/prompts/support/uses")))["items"]
    assert (user["slug"], user["version"], user["references"]) == (slug, 1, ["support@production"])
    refused = await api.delete("/v1/prompts/support")
    assert refused.json()["details"] == {"workflows": [slug]}
    shown = (await ok(await api.get("/v1/prompts")))["items"][0]
    assert (shown["latest"], shown["labels"][0]["version"]) == (2, 2)
    await ok(await api.delete(label), 204)
    assert (await api.get("/v1/prompts/support/versions/3")).status_code == 404


async def test_files_are_kept_as_they_are(perdure: Perdure) -> None:
    api = perdure.api
    body = {"name": '../p"w.html', "data": "PHNjcmlwdD4=", "folder": "chat/one"}
    file = await ok(await api.post("/v1/files", json=body), 201)
    assert (file["name"], file["media_type"], file["size"]) == ('_p"w.html', "text/html", 8)
    content = await api.get(f"/v1/files/{file['id']}/content")
    assert content.content == b"<script>"
    assert content.headers["content-type"] == "application/octet-stream"
    assert content.headers["content-disposition"] == "attachment; filename*=UTF-8''_p%22w.html"
    assert [one["id"] for one in (await ok(await api.get("/v1/files?folder=chat/one")))["items"]] == [file["id"]]
    assert (await ok(await api.get("/v1/files?folder=chat/two")))["items"] == []
    assert (await api.post("/v1/files", json={**body, "folder": "../x"})).status_code == 422
    await ok(await api.delete(f"/v1/files/{file['id']}"), 204)
    assert (await api.get(f"/v1/files/{file['id']}")).status_code == 404
