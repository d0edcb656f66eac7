import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import pytest

from simulator.faults import Break, known
from tests.simulator.conftest import chat, message

STATUSES = {
    "http_500": 500,
    "http_502_html": 502,
    "http_503": 503,
    "http_529": 529,
    "quota": 429,
    "billing": 402,
    "unauthorized": 401,
    "forbidden": 403,
    "unknown_model": 404,
    "context_too_long": 400,
    "too_large": 413,
    "bad_request": 400,
}


@pytest.mark.parametrize("fault", STATUSES)
async def test_refused_calls(http: httpx.AsyncClient, fault: str) -> None:
    prompt = f"hi [[sim:fault {fault}]]"
    one = await http.post("/v1/chat/completions", json=chat(prompt))
    two = await http.post("/v1/messages", json=message(prompt))
    assert {one.status_code, two.status_code} == {STATUSES[fault]}


async def test_each_form_of_retry_after(http: httpx.AsyncClient) -> None:
    async def headers(fault: str) -> httpx.Headers:
        answer = await http.post("/v1/chat/completions", json=chat(f"hi [[sim:fault {fault} value=2]]"))
        assert answer.status_code == 429
        return answer.headers

    assert "retry-after" not in await headers("rate_limit")
    assert (await headers("rate_limit_seconds"))["retry-after"] == "2"
    assert (await headers("rate_limit_ms"))["retry-after-ms"] == "2000"
    date = parsedate_to_datetime((await headers("rate_limit_date"))["retry-after"])
    assert 0 < (date - datetime.now(UTC)).total_seconds() <= 2


async def test_a_fault_ends_after_its_times(http: httpx.AsyncClient) -> None:
    prompt = "hi [[sim:fault http_500 times=2 key=ends]] [[sim:fault http_503 times=1]] [[sim:reply fine]]"
    statuses = [(await http.post("/v1/chat/completions", json=chat(prompt))).status_code for _ in range(4)]
    assert statuses == [500, 500, 503, 200]


async def test_a_longer_conversation_goes_on_counting(http: httpx.AsyncClient) -> None:
    first = {"role": "user", "content": "count me [[sim:fault http_500 times=1]] [[sim:reply fine]]"}
    more = [first, {"role": "assistant", "content": "x"}, {"role": "user", "content": "again"}]
    assert (await http.post("/v1/chat/completions", json=chat("", messages=[first]))).status_code == 500
    assert (await http.post("/v1/chat/completions", json=chat("", messages=more))).status_code == 200


async def test_a_fault_may_be_for_one_model_only(http: httpx.AsyncClient) -> None:
    prompt = "hi [[sim:fault http_500 model=gpt-4o]]"
    assert (await http.post("/v1/chat/completions", json=chat(prompt))).status_code == 500
    assert (await http.post("/v1/chat/completions", json=chat(prompt, model="gpt-4o-mini"))).status_code == 200


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
async def test_broken_streams(http: httpx.AsyncClient, path: str) -> None:
    async def text(fault: str) -> str:
        body = chat(f"a b c d e [[sim:reply a b c d e f]] [[sim:fault {fault}]]", stream=True, max_tokens=99)
        return (await http.post(path, json=body)).text

    with pytest.raises(httpx.RemoteProtocolError):
        await text("cut")
    whole = await text("slow")
    clean = await text("cut_clean")
    assert len(clean) < len(whole)
    assert "stop" in whole.split("\n\n")[-3]
    assert "stop" not in clean.split("\n\n")[-2]
    assert "error" in await text("stream_error")
    assert await text("bad_json") != whole


async def test_a_call_that_is_never_answered_ends_with_its_client(http: httpx.AsyncClient) -> None:
    for fault in ("hang", "hang_mid"):
        body = chat(f"hi [[sim:fault {fault}]]", stream=True)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await http.post("/v1/chat/completions", json=body)


async def test_an_unknown_fault_is_noticed(http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/chat/completions", json=chat("hi [[sim:fault http_5oo]]"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_marker")
    assert all(known(kind) for kind in Break)
