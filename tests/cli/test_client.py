"""Whatever the other side answers, the client makes it a value or a sentence."""

from collections.abc import Callable

import httpx
import pytest

from cli.client import ApiClient, ApiError, UnreachableError
from cli.errors import CliError

Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler) -> ApiClient:
    return ApiClient("http://api.test", "t0ken", transport=httpx.MockTransport(handler))


def refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def test_problems_become_sentences_with_every_wrong_field() -> None:
    problem = {
        "detail": "The input does not fit.",
        "code": "invalid_input",
        "errors": [{"field": "/name", "message": "is missing"}, {"field": "", "message": "too short"}],
    }
    with pytest.raises(ApiError) as caught:
        client(lambda _: httpx.Response(422, json=problem)).post("/v1/runs", {})
    assert str(caught.value) == "The input does not fit. [invalid_input] (HTTP 422)\n  /name: is missing\n  too short"
    assert (caught.value.code, caught.value.status_code) == ("invalid_input", 422)


def test_a_wrong_token_says_what_to_do() -> None:
    with pytest.raises(ApiError, match="PERDURE_API_TOKEN"):
        client(lambda _: httpx.Response(401, json={"detail": "no"})).get("/v1/runs")


def test_a_server_that_is_not_there_says_what_to_do() -> None:
    with pytest.raises(UnreachableError, match="perdure up"):
        client(refuse).get("/v1/runs")


@pytest.mark.parametrize("content", [b"<html>", b"\xff"])
def test_another_program_on_the_port_is_recognised(content: bytes) -> None:
    with pytest.raises(CliError, match="another program"):
        client(lambda _: httpx.Response(200, content=content)).get("/v1/runs")


@pytest.mark.parametrize("url", ["ftp://x", "nonsense", "http://[", ""])
def test_a_url_that_is_none_is_a_sentence(url: str) -> None:
    with pytest.raises(CliError):
        ApiClient(url, "t").get("/v1/runs")


def test_a_token_that_is_no_header_is_a_sentence() -> None:
    with pytest.raises(CliError):
        ApiClient("http://127.0.0.1:1", "tökn\n").get("/v1/runs")


def test_every_start_carries_a_key_and_only_what_is_given() -> None:
    seen: list[httpx.Request] = []

    def start(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(202, json={"id": "r1"})

    assert client(start).start_run("refunds", None, {"a": 1}, "k1")["id"] == "r1"
    client(start).start_run("refunds", 2, {})
    assert seen[0].headers["Idempotency-Key"] == "k1"
    assert seen[0].headers["Authorization"] == "Bearer t0ken"
    assert seen[0].content == b'{"workflow":"refunds","input":{"a":1}}'
    assert len(seen[1].headers["Idempotency-Key"]) == 32


def test_events_are_parsed_from_where_we_were() -> None:
    def stream(request: httpx.Request) -> httpx.Response:
        assert request.headers["Last-Event-ID"] == "6"
        return httpx.Response(
            200, text=': hi\n\nid: 7\ndata: {"seq": 7,\ndata: "x": 1}\n\n: ping\n\ndata: {"seq": 8}\n\n'
        )

    assert list(client(stream).events("r1", after=6)) == [{"seq": 7, "x": 1}, {"seq": 8}]


def test_a_finished_stream_is_empty_and_a_refused_one_an_error() -> None:
    assert list(client(lambda _: httpx.Response(204)).events("r1", after=9)) == []
    with pytest.raises(ApiError, match="no run"):
        list(client(lambda _: httpx.Response(404, json={"detail": "There is no run 'r1'."})).events("r1"))
    with pytest.raises(UnreachableError):
        list(client(refuse).events("r1"))
