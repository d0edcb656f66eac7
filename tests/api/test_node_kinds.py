"""Each kind comes with all that an editor needs."""

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from schemas.nodes import document_specs, specs


@pytest.fixture
async def kinds(api: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """Kinds by name."""
    return {item["kind"]: item for item in (await api.get("/v1/node-kinds")).json()["items"]}


async def test_every_kind_is_served_with_valid_schemas_and_examples_that_fit(kinds: dict[str, dict[str, Any]]) -> None:
    assert kinds.keys() == document_specs().keys()
    assert "model_turn" not in kinds
    for item in kinds.values():
        Draft202012Validator.check_schema(item["config_schema"])
        Draft202012Validator.check_schema(item["output_schema"])
        good = [example for example in item["examples"] if example["error"] is None]
        # Without the connection that it names, an example can only tell that there is none.
        assert good or {example["error"] for example in item["examples"]} == {"missing_credential"}, item["kind"]
        for example in good:
            assert example["port"] in ports_by_rules(item, example["config"])


async def test_ports_follow_from_the_rules_alone(kinds: dict[str, dict[str, Any]]) -> None:
    assert ports_by_rules(kinds["branch"], {"cases": [{"name": "high"}, {"name": "low"}]}) == ["high", "low", "else"]
    assert ports_by_rules(kinds["wait"], {"duration": "1s"}) == ["out"]
    assert ports_by_rules(kinds["wait"], {"event": {"type": "t", "key": "k"}, "timeout": "1d"}) == ["out", "expired"]
    for kind, spec in document_specs().items():
        for example in spec.examples:
            assert ports_by_rules(kinds[kind], example.config) == list(spec.ports(example.config))
    assert kinds["approval"]["ports"] == ["approved", "rejected", "expired"]
    assert {kind for kind, item in kinds.items() if item["ports_by_config"]} == {"agent", "approval", "branch", "wait"}


async def test_special_fields_are_named(kinds: dict[str, dict[str, Any]]) -> None:
    assert kinds["branch"]["expressions"] == ["cases[*].when"]
    assert kinds["foreach"]["expressions"] == ["items"]
    assert kinds["foreach"]["graphs"] == ["body"]
    assert kinds["llm"]["json_schemas"] == ["output_schema"]
    assert kinds["code"]["longest_timeout"] == 5.0
    assert kinds["http_request"]["config_defaults"]["method"] == "GET"
    assert kinds["http_request"]["queue"] == "actions"


async def test_kinds_say_whether_they_change_anything(kinds: dict[str, dict[str, Any]]) -> None:
    by_effect = {item["kind"]: item["side_effects"] for item in kinds.values()}
    assert by_effect["transform"] == by_effect["code"] == by_effect["llm"] == "never"
    assert by_effect["notify"] == by_effect["approval"] == by_effect["sub_workflow"] == "always"
    assert by_effect["http_request"] == by_effect["foreach"] == "by_settings"
    assert not specs()["http_request"].has_side_effects({"url": "http://a.test"})
    assert specs()["http_request"].has_side_effects({"url": "http://a.test", "method": "{{ input.method }}"})


async def test_what_all_nodes_have_is_served_once(api: httpx.AsyncClient) -> None:
    answer = (await api.get("/v1/node-kinds")).json()
    assert {"retry", "timeout", "on_error", "join", "with"} <= answer["node_schema"]["properties"].keys()
    assert answer["edge_schema"]["required"] == ["from", "to"]
    assert {"input", "nodes", "vars", "item", "index", "run", "workspace"} == answer["scope"].keys()


async def test_an_editor_that_knows_them_is_told_so(api: httpx.AsyncClient) -> None:
    tag = (await api.get("/v1/node-kinds")).headers["ETag"]
    assert (await api.get("/v1/node-kinds", headers={"If-None-Match": tag})).status_code == 304


def ports_by_rules(item: dict[str, Any], config: dict[str, Any]) -> list[str]:
    """What an editor would draw."""
    ports: list[str] = []
    for rule in item["port_rules"]:
        if all(config.get(setting) for setting in rule["when"]):
            ports += [rule["name"]] if rule["name"] else [entry["name"] for entry in config.get(rule["each"], [])]
    return ports


async def test_a_long_answer_is_compressed_for_whoever_can_read_that(api: httpx.AsyncClient) -> None:
    packed = await api.get("/v1/node-kinds", headers={"Accept-Encoding": "gzip"})
    plain = await api.get("/v1/node-kinds", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) * 4 < int(plain.headers["content-length"])
    known = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]}
    assert (await api.get("/v1/node-kinds", headers=known)).status_code == 304
