"""The gallery tells of every template that comes along, and a template becomes a workflow by its import."""

import httpx

from api.templates.service import FOLDER, INDEX
from schemas.agent_documents import GIVEN
from tests.api.workflows.drafting import ok


async def test_every_file_is_in_the_gallery_and_can_be_imported(api: httpx.AsyncClient) -> None:
    items = ok(await api.get("/v1/templates"))["items"]
    assert {item["template"] for item in items} == {file.stem for file in FOLDER.glob("*.yaml") if file.name != INDEX}
    assert len(items) >= 8
    for item in items:
        imported = ok(
            await api.post("/v1/workflows/import", content=item["text"], headers={"Content-Type": "application/yaml"}),
            201,
        )
        assert (imported["name"], imported["faults"]) == (item["name"], [])


async def test_what_a_template_is_made_of_is_told(api: httpx.AsyncClient) -> None:
    items = {item["template"]: item for item in ok(await api.get("/v1/templates"))["items"]}
    assert items["lead-scoring"]["kinds"] == ["foreach", "llm", "transform", "code", "llm", "output"]
    assert items["lead-scoring"]["category"] == "Sales"


async def test_a_template_of_an_agent_becomes_an_agent_that_can_be_published(api: httpx.AsyncClient) -> None:
    agents = [item for item in ok(await api.get("/v1/templates"))["items"] if item["type"] == "agent"]
    assert len(agents) >= 3
    for item in agents:
        config = {key: value for key, value in item["document"]["nodes"][0]["with"].items() if key not in GIVEN}
        made = ok(await api.post("/v1/agents", json={"name": item["name"], "config": config}), 201)
        assert made["faults"] == []
