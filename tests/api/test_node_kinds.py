"""Each kind comes with all that an editor needs."""

import httpx
from jsonschema import Draft202012Validator

from schemas.nodes import specs


async def test_every_kind_is_served_with_a_valid_schema(api: httpx.AsyncClient) -> None:
    items = {item["kind"]: item for item in (await api.get("/v1/node-kinds")).json()["items"]}
    assert items.keys() == specs().keys()
    for item in items.values():
        Draft202012Validator.check_schema(item["config_schema"])
        Draft202012Validator.check_schema(item["output_schema"])
        assert item["examples"], item["kind"]
    assert items["branch"]["ports_by_config"]
    assert items["approval"]["ports"] == ["approved", "rejected", "expired"]
    assert items["transform"]["ports"] == ["out"]
    assert not items["transform"]["ports_by_config"]
