"""Looking at a document executes nothing of it, and a start changes nothing of what was published."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from tests.security.test_reading import everything
from tests.support.documents import value
from tests.support.perdure import Perdure, perdure, plumbing, worker
from tests.support.serving import served
from tests.tenancy.world import Tenant

__all__ = ["perdure", "plumbing", "worker"]


class Bait:
    """A server that counts who comes."""

    def __init__(self) -> None:
        self.visits = 0
        self.app = FastAPI()
        self.app.add_api_route("/{rest:path}", self._visit, methods=["GET", "POST"])
        self.url = ""

    async def _visit(self, rest: str) -> dict[str, str]:
        self.visits += 1
        return {"visited": rest}


@pytest.fixture
async def bait() -> AsyncIterator[Bait]:
    bait = Bait()
    async with served(bait.app) as url:
        bait.url = url
        yield bait


def hostile(bait: Bait, trace: Path) -> dict[str, Any]:
    """A document whose every part would leave a trace if anything of it was executed."""
    write = f"open({str(trace)!r}, 'w').write('x')"
    return {
        "format": "perdure/v1",
        "name": "Hostile",
        "nodes": [
            {"id": "call", "kind": "http_request", "with": {"url": f"{bait.url}/called"}},
            {"id": "code", "kind": "code", "with": {"code": f"__import__('builtins').{write}"}},
            {"id": "say", "kind": "notify", "with": {"channel": "webhook", "url": f"{bait.url}/told", "text": "x"}},
            value("cel", "{{ __import__('os').system('touch " + str(trace) + "') }}"),
            value("jinja", "{{ ''.__class__.__mro__[1].__subclasses__() }}"),
            value("format", "{0.__class__}${{7*7}}<%= 7*7 %>"),
            {
                "id": "ask",
                "kind": "approval",
                "with": {"title": "?", "form": {"$ref": f"{bait.url}/schema.json"}, "body": f"![x]({bait.url}/x.png)"},
            },
        ],
        "edges": [],
        "input": {"$ref": f"{bait.url}/input.json", "$schema": f"{bait.url}/meta.json"},
    }


YAML_TAGS = (
    "!!python/object/apply:os.system ['touch {trace}']",
    "!!python/object/new:subprocess.Popen [['touch', '{trace}']]",
    "!!python/name:os.system",
    "!include {trace}",
    "!ENV ${{HOME}}",
)


async def test_validation_executes_nothing(tenant: Tenant, bait: Bait, tmp_path: Path, database_url: str) -> None:
    trace, before = tmp_path / "trace", await everything(database_url)
    answer = await tenant.person.post("/v1/validate", json=hostile(bait, trace))
    assert answer.status_code == 200, answer.text
    assert answer.json()["faults"]
    preview = await tenant.person.post("/v1/workflows?dry_run=true", json=hostile(bait, trace))
    assert preview.status_code in (200, 422)
    assert (bait.visits, trace.exists()) == (0, False)
    assert await everything(database_url) == before


@pytest.mark.parametrize("tag", YAML_TAGS)
@pytest.mark.parametrize("path", ["/v1/validate", "/v1/workflows"])
async def test_yaml_tags_make_no_objects(tenant: Tenant, tmp_path: Path, tag: str, path: str) -> None:
    trace = tmp_path / "trace"
    text = f"format: perdure/v1\nname: {tag.format(trace=trace)}\nnodes: []\n"
    answer = await tenant.person.post(path, content=text, headers={"Content-Type": "application/yaml"})
    assert answer.status_code in (200, 422), answer.text
    assert answer.status_code == 422 or answer.json()["faults"]
    assert not trace.exists()


@pytest.mark.parametrize(
    "more",
    [
        {"document": {"nodes": []}},
        {"nodes": [value("out", "mine")]},
        {"plan": {}},
        {"plan_hash": "0" * 64},
        {"version_id": "00000000-0000-0000-0000-000000000000"},
        {"trial": "x"},
        {"pins": {"nodes": {"out": {"output": "mine"}}}},
        {"pinned": {"out": "mine"}},
        {"outputs": {"out": "mine"}},
        {"config": {"out": {"value": "mine"}}},
        {"limits": {"max_steps": 1}},
        {"workspace_id": "00000000-0000-0000-0000-000000000000"},
        {"started_by": "somebody"},
        {"trigger": "schedule"},
        {"version": 0},
    ],
    ids=lambda more: next(iter(more)),
)
async def test_a_start_overrides_nothing_of_a_version(perdure: Perdure, more: dict[str, Any]) -> None:
    slug = await perdure.publish([value("out", "published")])
    refused = await perdure.api.post("/v1/runs", json={"workflow": slug, **more})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert (await perdure.api.get("/v1/runs", params={"workflow": slug})).json()["items"] == []


async def test_input_is_data_whatever_it_is_called(perdure: Perdure) -> None:
    slug = await perdure.publish([value("out", "{{ input.nodes }}")], output="published {{ nodes.out.status }}")
    names = {"nodes": {"out": {"output": "mine"}}, "vars": {}, "output": "mine", "run": {"id": "x"}, "workflow": "w"}
    ended = await perdure.ended(await perdure.start(slug, names))
    assert ended["output"] == "published completed"
    query = {"workflow": "another", "version": "7", "output": "mine"}
    answer = await perdure.api.post("/v1/runs", params=query, content=json.dumps({"workflow": slug, "input": names}))
    assert answer.status_code in (202, 415, 422)
    if answer.status_code == 202:
        assert answer.json()["workflow"] == slug
