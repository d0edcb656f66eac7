"""`code`: results, mistakes, bombs and crowds."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psutil
import pytest

from activities.sandbox import Sandbox
from activities.step import Services
from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.messages import StepInput
from tests.support.steps import environment, run_step, services, step_failure, step_input


@pytest.fixture(scope="module")
async def given() -> AsyncIterator[Services]:
    async with services() as all_services:
        yield all_services


async def value(given: Services, code: str, **config: Any) -> Any:
    return (await run_step(given, step_input("code", {"code": code, **config}))).output


async def error(given: Services, code: str, **config: Any) -> ErrorInfo:
    return await step_failure(given, step_input("code", {"code": code, "max_seconds": 0.5, **config}))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1 + 1", 2),
        ("x = 1", None),
        ("{'a': (1, 2.5, None, True)}", {"a": [1, 2.5, None, True]}),
        ("{1: 'a', None: 'b'}", {"1": "a", "null": "b"}),
        ("{3}", [3]),
        ("b'ab'", "YWI="),
        ("float('nan')", None),
        ("10**30", "1" + "0" * 30),
        ("'a\\x00b'", "a\ufffdb"),
        ("'\\ud800'", "\ufffd"),
        ("import datetime\ndatetime.date(2026, 3, 1)", "2026-03-01"),
        ("import datetime\ndatetime.timedelta(minutes=2)", 120.0),
        ("from decimal import Decimal\nDecimal('1.50')", "1.50"),
        ("def f(n):\n  return n * 2\nf(21)", 42),
        ("import json, re, math\n[json.loads('[1]'), re.sub('a', 'b', 'aa'), math.floor(1.5)]", [[1], "bb", 1]),
    ],
)
async def test_results(given: Services, code: str, expected: Any) -> None:
    assert await value(given, code) == expected


async def test_inputs_are_variables(given: Services) -> None:
    rows = [{"n": 1, "t": "é"}, {"n": None, "t": "\U0001f600"}]
    assert await value(given, "[r['t'] for r in rows] + [k]", inputs={"rows": rows, "k": 2**53}) == [
        "é",
        "\U0001f600",
        2**53,
    ]


@pytest.mark.parametrize("name", ["a b", "1x", "class", ""])
async def test_inputs_need_names(given: Services, name: str) -> None:
    assert (await error(given, "1", inputs={name: 1})).code is ErrorCode.CODE_FAILED


@pytest.mark.parametrize(
    ("code", "kind", "line"),
    [
        ("1 / 0", "ZeroDivisionError", 1),
        ("x = 1\ny = x + nothing", "NameError", 2),
        ("def f():\n  raise ValueError('no')\nf()", "ValueError", 2),
        ("x = [", "SyntaxError", 1),
        ("{}['a']", "KeyError", 1),
        ("assert 1 == 2", "AssertionError", 1),
        ("raise TimeoutError('mine')", "TimeoutError", 1),
        ("x=" + "(" * 5000 + ")" * 5000, "SyntaxError", 1),
    ],
)
async def test_mistakes_name_error_and_line(given: Services, code: str, kind: str, line: int) -> None:
    info = await error(given, code)
    assert info.code is ErrorCode.CODE_FAILED
    assert info.details == {"type": kind, "line": line}
    assert info.message.startswith(f"The code failed in line {line}: {kind}")
    assert not info.reaction.retryable


async def test_a_long_message_is_cut(given: Services) -> None:
    assert len((await error(given, "raise ValueError('boom ' * 5000)")).message) < 1_100


@pytest.mark.parametrize(
    "code",
    [
        "open('/etc/passwd').read()",
        "import os\nos.environ",
        "import os\nos.listdir('/')",
        "import os\nos.system('id')",
        "import socket",
        "import subprocess",
        "import urllib.request",
        "__import__('ctypes')",
        "import pathlib\npathlib.Path('/etc/passwd').read_text()",
        "().__class__.__base__.__subclasses__()",
        "(lambda: 0).__globals__",
    ],
)
async def test_nothing_of_the_host_is_reachable(given: Services, code: str) -> None:
    assert (await error(given, code)).code is ErrorCode.CODE_FAILED


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "while True: print('x' * 100)",
        "x = 'a'\nwhile True: x += x",
        "'a' * 10**9",
        "[0] * 10**9",
        "list(range(10**9))",
        "2 ** 10**9",
        "3 ** 10**8",
        "f'{1:>999999999}'",
        "'a' * 60_000_000",
        "def f(): return f()\nf()",
        "def f(n): return [f(n + 1)]\nf(0)",
        "print('x' * 100_000)",
        "max(range(10**12))",
        "try:\n  while True: pass\nexcept BaseException:\n  pass\n'escaped'",
        "try:\n  'a' * 10**9\nexcept BaseException:\n  pass\n'escaped'",
    ],
)
async def test_bombs_meet_a_limit(given: Services, code: str) -> None:
    started = time.monotonic()
    info = await error(given, code, max_seconds=0.3)
    assert info.code is ErrorCode.CODE_LIMIT, info
    assert not info.reaction.retryable
    assert time.monotonic() - started < 5
    assert await value(given, "1") == 1


@pytest.mark.parametrize(
    "code",
    [
        "'x' * (2 * 1024 * 1024)",
        "list(range(400_000))",
        "x = [0] * 100\nfor i in range(50): x = [x] * 100\nx",
        "x = []\nfor i in range(100_000): x = [x]\nx",
        "{str(i): 'x' * 100 for i in range(20_000)}",
    ],
)
async def test_results_that_are_too_large(given: Services, code: str) -> None:
    assert (await error(given, code, max_seconds=2, max_memory_mb=256)).code is ErrorCode.RESULT_TOO_LARGE


@pytest.mark.parametrize("code", ["class A: pass\nA()", "1j", "...", "int", "print", "10 ** 5000"])
async def test_results_that_are_no_json(given: Services, code: str) -> None:
    assert (await error(given, code)).code in {ErrorCode.CODE_FAILED, ErrorCode.RESULT_TOO_LARGE}


async def test_printed_text_goes_to_the_watchers_and_the_details(given: Services) -> None:
    shown: list[str] = []

    @asynccontextmanager
    async def emitter(step: StepInput, attempt: int) -> AsyncIterator[Any]:
        async def emit(text: str) -> None:
            shown.append(text)

        yield emit

    step = step_input("code", {"code": "print('hello', 1)\nprint('bad \\x00')\n42"})
    result = await run_step(given, step, emitter=emitter)
    assert result.output == 42
    assert "".join(shown) == "hello 1\nbad \ufffd\n"
    assert result.details == {"printed": "hello 1\nbad \ufffd\n"}


async def test_sleeping_costs_no_time(given: Services) -> None:
    started = time.monotonic()
    assert await value(given, "import time\ntime.sleep(3600)\n1") == 1
    assert time.monotonic() - started < 2


async def test_hundreds_at_once_leave_the_event_loop_free(given: Services) -> None:
    gaps: list[float] = []

    async def watch() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            gaps.append(time.monotonic() - before)

    watching = asyncio.create_task(watch())
    results = await asyncio.gather(*(value(given, f"sum(range({n}))") for n in range(300)))
    watching.cancel()
    assert results == [sum(range(n)) for n in range(300)]
    assert max(gaps) < 1


async def test_nothing_is_left_of_another_run(given: Services) -> None:
    for _ in range(8):
        await value(given, "secret = 'mine'")
        assert (await error(given, "secret")).details["type"] == "NameError"


def children() -> set[psutil.Process]:
    return set(psutil.Process().children())


async def new_children(before: set[psutil.Process], number: int = 1) -> set[psutil.Process]:
    """Interpreter processes that are busy, once there are as many as wanted."""
    for _ in range(500):
        started = {process for process in children() - before if process.cpu_times().user > 0.03}
        if len(started) >= number:
            return started
        await asyncio.sleep(0.01)
    raise AssertionError("no interpreter became busy")


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    before = children()
    alone = Sandbox(max_processes=1)
    yield alone
    await alone.aclose()
    assert children() <= before


async def endless(sandbox: Sandbox) -> None:
    await sandbox.run("while True: pass", {}, max_seconds=60, max_memory=2**26)


async def one(sandbox: Sandbox) -> Any:
    return (await asyncio.wait_for(sandbox.run("1", {}, max_seconds=1, max_memory=2**26), 5)).value


async def test_a_cancelled_run_ends_its_process(sandbox: Sandbox) -> None:
    before = children()
    running = asyncio.create_task(endless(sandbox))
    busy = await new_children(before)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await one(sandbox) == 1
    assert not busy & children()


async def test_a_process_that_is_killed_is_replaced_and_the_error_may_be_retried(sandbox: Sandbox) -> None:
    before = children()
    running = asyncio.create_task(endless(sandbox))
    for process in await new_children(before):
        process.kill()
    with pytest.raises(PerdureError, match="ended unexpectedly") as caught:
        await running
    assert caught.value.info.reaction.retryable
    assert await one(sandbox) == 1


async def test_a_step_waits_no_longer_than_its_time() -> None:
    before = children()
    async with services() as crowded:
        busy = [asyncio.create_task(error(crowded, "while True: pass", max_seconds=2)) for _ in range(4)]
        await new_children(before, 4)
        info = await step_failure(crowded, step_input("code", {"code": "1"}), env=environment(seconds=0.5))
        assert info.code is ErrorCode.TIMEOUT
        assert {result.code for result in await asyncio.gather(*busy)} == {ErrorCode.CODE_LIMIT}
