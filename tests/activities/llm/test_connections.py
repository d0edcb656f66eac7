import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from activities.llm.call import LlmRequest, asked
from activities.llm.connections import read_to_the_end
from activities.llm.gateway import LlmGateway
from tests.activities.llm.conftest import MODELS, Asked
from tests.support.polling import eventually


class Body(httpx.AsyncByteStream):
    """A body that says how far it was read and whether it was closed."""

    def __init__(self, parts: list[bytes], *, hangs: bool = False) -> None:
        self.parts = parts
        self.hangs = hangs
        self.read = 0
        self.ended = False
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            self.read += 1
            yield part
        if self.hangs:
            await asyncio.Event().wait()
        self.ended = True

    async def aclose(self) -> None:
        self.closed = True


async def answer(body: Body) -> httpx.Response:
    response = httpx.Response(200, stream=body)
    await read_to_the_end(response)
    return response


async def test_the_end_is_read_when_a_reader_stops_before_it() -> None:
    body = Body([b"a", b"done"])
    response = await answer(body)
    async for part in response.aiter_bytes():
        if part == b"done":
            break
    await response.aclose()
    assert body.ended
    assert body.closed


async def test_no_more_is_read_of_an_answer_that_nobody_wants() -> None:
    body = Body([b"x"] * 100)
    response = await answer(body)
    async for _ in response.aiter_bytes():
        break
    await response.aclose()
    assert body.read == 2
    assert body.closed


async def test_an_end_that_does_not_come_is_not_waited_for() -> None:
    body = Body([b"done"], hangs=True)
    response = await answer(body)
    async for _ in response.aiter_bytes():
        break
    async with asyncio.timeout(5):
        await response.aclose()
    assert body.closed


async def test_a_body_that_was_read_or_never_begun() -> None:
    whole, unread = Body([b"a", b"b"]), Body([b"a"])
    assert await (await answer(whole)).aread() == b"ab"
    await (await answer(unread)).aclose()
    assert (whole.ended, whole.closed, unread.read, unread.closed) == (True, True, 0, True)


@pytest.mark.parametrize("model", MODELS)
async def test_a_cancelled_call_leaves_the_line_and_the_gateway_works_on(gateway: LlmGateway, model: str) -> None:
    heard = asyncio.Event()

    async def hear(text: str) -> None:
        heard.set()

    request = LlmRequest(model=model, messages=asked("x [[sim:reply a b c d e f g h]] [[sim:fault hang_mid value=7]]"))
    call = asyncio.create_task(gateway.complete(request, hear))
    await asyncio.wait_for(heard.wait(), 10)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call

    async def answered() -> bool:
        return bool((await Asked(gateway)("x [[sim:reply fine]]", model)).output == "fine")

    assert await eventually(answered)
