"""Whoever has an answer already gets a 304 instead of it."""

import httpx
import pytest
from starlette.types import Message

from api.etags import MAX_TAGGED_BYTES, Tagging
from tests.api.documents import publish, start


async def tag_of(api: httpx.AsyncClient, path: str) -> str:
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    tag: str = answer.headers["etag"]
    assert tag.startswith('"')
    return tag


async def test_resources_are_tagged(api: httpx.AsyncClient) -> None:
    slug = (await publish(api))["slug"]
    run = (await start(api, slug))["id"]
    for path in (f"/v1/workflows/{slug}", f"/v1/workflows/{slug}/versions/1", f"/v1/runs/{run}", "/v1/node-kinds"):
        tag = await tag_of(api, path)
        again = await api.get(path, headers={"If-None-Match": tag})
        assert again.status_code == 304, path
        assert again.content == b""
        assert again.headers["etag"] == tag
        assert "content-type" not in again.headers
        assert again.headers["cache-control"] == "no-store"


async def test_a_change_has_another_tag(api: httpx.AsyncClient) -> None:
    slug = (await publish(api))["slug"]
    path = f"/v1/workflows/{slug}"
    before = await tag_of(api, path)
    await publish(api, description="Changed.")
    after = await api.get(path, headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.headers["etag"] != before


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', ' "a" ,W/{} ', "*"])
async def test_every_way_to_name_a_tag(api: httpx.AsyncClient, form: str) -> None:
    tag = await tag_of(api, "/v1/node-kinds")
    answer = await api.get("/v1/node-kinds", headers={"If-None-Match": form.format(tag)})
    assert answer.status_code == 304


@pytest.mark.parametrize("form", ['""', "x", '"', ",,,", '"other"'])
async def test_other_tags_do_not_match(api: httpx.AsyncClient, form: str) -> None:
    assert (await api.get("/v1/node-kinds", headers={"If-None-Match": form})).status_code == 200


async def test_problems_are_never_unchanged(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/runs/nothing", headers={"If-None-Match": "*"})
    assert answer.status_code == 404
    assert "etag" not in answer.headers


async def passed(start: Message, *bodies: Message, known: bytes | None = None) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    tagging = Tagging(send, known)
    for message in (start, *bodies):
        await tagging(message)
    return sent


def begin(*headers: tuple[bytes, bytes]) -> Message:
    return {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json"), *headers]}


@pytest.mark.parametrize("length", [None, MAX_TAGGED_BYTES + 1])
async def test_a_stream_or_a_large_answer_is_not_held_back(length: int | None) -> None:
    first = begin(*([] if length is None else [(b"content-length", str(length).encode())]))
    sent = await passed(first)
    assert sent == [first]


async def test_parts_of_an_answer_pass_as_they_are() -> None:
    first = begin((b"content-length", b"2"))
    parts: list[Message] = [
        {"type": "http.response.body", "body": b"1", "more_body": True},
        {"type": "http.response.body", "body": b"2"},
    ]
    assert await passed(first, *parts, known=b"*") == [first, *parts]


async def test_a_tag_of_the_route_stands() -> None:
    sent = await passed(
        begin((b"content-length", b"2"), (b"etag", b'"7"')),
        {"type": "http.response.body", "body": b"{}"},
        known=b'"7"',
    )
    assert sent[0]["status"] == 304
    assert dict(sent[0]["headers"])[b"etag"] == b'"7"'
