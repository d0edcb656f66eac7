import asyncio
import signal
import sys
import time

import httpx

from simulator.app import Options
from simulator.main import in_thread
from tests.simulator.conftest import chat


async def test_the_process_says_where_it_is_and_stops_when_told() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        url = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
        async with httpx.AsyncClient(timeout=30) as client:
            assert (await client.get(f"{url}/healthz")).status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 30)


async def test_latency_by_option_and_by_marker() -> None:
    with in_thread(Options(latency=0.1, token_latency=0.01)) as url:
        async with httpx.AsyncClient(timeout=10) as client:
            assert await seconds(client, url, "hi [[sim:reply a]]") >= 0.1
            assert await seconds(client, url, "hi [[sim:delay 0.2]][[sim:reply a]]") >= 0.3
            assert await seconds(client, url, "hi [[sim:reply a b c d e f g h i j]]", stream=True) >= 0.2


async def seconds(client: httpx.AsyncClient, url: str, prompt: str, stream: bool = False) -> float:
    started = time.monotonic()
    await client.post(f"{url}/v1/chat/completions", json=chat(prompt, stream=stream))
    return time.monotonic() - started
