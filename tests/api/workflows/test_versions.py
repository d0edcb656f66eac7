"""Versions are listed, compared and exported; exports can be imported again."""

import json
from typing import Any

import httpx
import pytest

from schemas.yaml_source import parse_source
from tests.api.documents import document, publish
from tests.api.test_gate import check_problem
from tests.api.workflows.drafting import create, edit, ok


async def test_versions_are_paged_from_the_newest(api: httpx.AsyncClient) -> None:
    for number in range(5):
        await publish(api, description=str(number))
    seen, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = ok(await api.get("/v1/workflows/greeting/versions", params=params))
        seen += [version["version"] for version in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [5, 4, 3, 2, 1]
    for cursor in ("rubbish", "WyJ4Il0", "WyItMSJd"):
        refused = await api.get("/v1/workflows/greeting/versions", params={"cursor": cursor})
        check_problem(refused, 422, "invalid_request")
    check_problem(await api.get("/v1/workflows/nothing/versions"), 404, "not_found")


async def test_authors_and_notes_are_kept(api: httpx.AsyncClient) -> None:
    await api.post("/v1/workflows?note=by%20hand", json=document())
    [version] = ok(await api.get("/v1/workflows/greeting/versions"))["items"]
    assert (version["note"], version["author"]) == ("by hand", "operator")


async def test_versions_and_the_draft_are_compared(api: httpx.AsyncClient) -> None:
    await publish(api)
    await publish(api, description="two")
    await edit(api, vars={"limit": 3})
    url = "/v1/workflows/greeting/diff"
    between = ok(await api.get(url, params={"before": 1, "after": 2}))
    assert (between["before"], between["after"]) == ("1", "2")
    assert [change["field"] for change in between["diff"]["settings"]] == ["description"]
    drafted = ok(await api.get(url, params={"before": 2}))
    assert [(change["field"], change["after"]) for change in drafted["diff"]["settings"]] == [("vars", {"limit": 3})]
    back = ok(await api.get(url, params={"before": "draft", "after": 2}))
    assert [change["kind"] for change in back["diff"]["settings"]] == ["removed"]
    same = ok(await api.get(url, params={"before": 2, "after": 2}))["diff"]
    assert same.pop("complete")
    assert not any(same.values())
    for params, status, code in (
        ({"before": 9}, 404, "not_found"),
        ({"before": 9999999999}, 404, "not_found"),
        ({"before": "newest"}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
    ):
        check_problem(await api.get(url, params=params), status, code)


@pytest.mark.parametrize("form", ["yaml", "json"])
async def test_an_export_can_be_imported_again(api: httpx.AsyncClient, form: str) -> None:
    layout = {"greet": {"x": 10.5, "y": 20}}
    await publish(api, layout=layout, notes=[{"text": "note\nof two lines: #1"}], description="on")
    exported = await api.get("/v1/workflows/greeting/export", params={"format": form})
    assert exported.headers["content-type"].split(";")[0] == f"application/{form}"
    assert exported.headers["content-disposition"] == f'attachment; filename="greeting.{form}"'
    imported = ok(
        await api.post(
            "/v1/workflows/import?slug=again", content=exported.content, headers={"Content-Type": f"application/{form}"}
        ),
        201,
    )
    original: Any = ok(await api.get("/v1/workflows/greeting/versions/1"))["document"]
    assert imported["document"] == original
    assert imported["faults"] == []
    assert imported["document"]["layout"] == layout


async def test_what_is_exported_can_be_chosen(api: httpx.AsyncClient) -> None:
    await publish(api)
    await publish(api, description="two")
    await edit(api, description="drafted")

    async def description(**params: Any) -> Any:
        text = (await api.get("/v1/workflows/greeting/export", params=params)).text
        return parse_source(text).value.get("description")

    assert [await description(), await description(version=1), await description(version="draft")] == [
        "two",
        None,
        "drafted",
    ]
    check_problem(await api.get("/v1/workflows/greeting/export", params={"version": 7}), 404, "not_found")
    check_problem(await api.get("/v1/workflows/greeting/export", params={"format": "xml"}), 422, "invalid_request")


async def test_a_draft_of_nothing_published_is_exported_in_order(api: httpx.AsyncClient) -> None:
    await create(api)
    text = (await api.get("/v1/workflows/greeting/export", params={"format": "json"})).text
    assert list(json.loads(text)) == ["format", "name", "input", "nodes"]
