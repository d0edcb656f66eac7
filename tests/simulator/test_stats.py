import httpx

from tests.simulator.conftest import chat, message


async def stats(http: httpx.AsyncClient) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = (await http.get("/sim/stats")).json()
    return found


async def test_calls_are_counted_by_step(http: httpx.AsyncClient) -> None:
    step = {"x-perdure-step": "run/each[3].draft/0"}
    await http.post("/v1/chat/completions", json=chat("hi"), headers=step)
    await http.post("/v1/messages", json=message("hi", stream=True), headers=step)
    await http.post("/v1/chat/completions", json=chat("[[sim:fault http_500]]"), headers=step)
    found = await stats(http)
    assert found["by_step"]["run/each[3].draft/0"] == 2
    assert found["started_by_step"]["run/each[3].draft/0"] == 3


async def test_a_cut_answer_is_not_completed(http: httpx.AsyncClient) -> None:
    step = {"x-perdure-step": "cut"}
    body = chat("a b c [[sim:reply a b c d e f]] [[sim:fault cut_clean]]", stream=True)
    await http.post("/v1/chat/completions", json=body, headers=step)
    found = await stats(http)
    assert "cut" not in found["by_step"]
    assert found["started_by_step"]["cut"] == 1


async def test_without_a_step_the_request_itself_is_the_key(http: httpx.AsyncClient) -> None:
    before = set((await stats(http))["by_step"])
    for _ in range(2):
        await http.post("/v1/chat/completions", json=chat("the same call"))
    [key] = set((await stats(http))["by_step"]) - before
    assert (await stats(http))["by_step"][key] == 2
