import base64
import struct

import httpx

from simulator.embeddings import DIMENSIONS, embed


async def test_like_texts_are_near_each_other(http: httpx.AsyncClient) -> None:
    texts = ["my teapot is broken", "the teapot arrived broken", "do you ship to Norway"]
    body = (await http.post("/v1/embeddings", json={"model": "m", "input": texts})).json()
    one, two, three = (entry["embedding"] for entry in body["data"])
    assert len(one) == DIMENSIONS
    assert product(one, two) > product(one, three)
    assert body["usage"]["total_tokens"] > 0


async def test_the_sdks_packed_form(http: httpx.AsyncClient) -> None:
    ask = {"model": "m", "input": "tea", "encoding_format": "base64", "dimensions": 8}
    packed = (await http.post("/v1/embeddings", json=ask)).json()["data"][0]["embedding"]
    values = struct.unpack("<8f", base64.b64decode(packed))
    assert [round(value, 6) for value in values] == [round(value, 6) for value in embed("tea", 8)]


def product(one: list[float], two: list[float]) -> float:
    return sum(a * b for a, b in zip(one, two, strict=True))
