"""A worker counts attempts of steps by kind and outcome, and what models have cost."""

from prometheus_client import REGISTRY

from tests.support.documents import code, value
from tests.support.perdure import Perdure, model_server, perdure, plumbing, worker

__all__ = ["model_server", "perdure", "plumbing", "worker"]


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def attempts(kind: str, outcome: str) -> float:
    return counted("perdure_steps_total", kind=kind, outcome=outcome)


async def test_attempts_are_counted_by_outcome(perdure: Perdure) -> None:
    outcomes = ("completed", "failed")
    before = {outcome: attempts("code", outcome) for outcome in outcomes}
    timed = counted("perdure_step_seconds_count", kind="code")
    ended = {status: counted("perdure_runs_ended_total", status=status) for status in ("completed", "failed")}
    assert (await perdure.run([code("a", "1"), code("b", "2"), value("c", 3)], ["a>b", "b>c"]))["status"] == "completed"
    broken = code("a", "1 / 0", retry={"max_attempts": 1})
    assert (await perdure.run([broken]))["status"] == "failed"
    # At least: the worker may also do what tests without one have left behind.
    assert attempts("code", "completed") >= before["completed"] + 2
    assert attempts("code", "failed") >= before["failed"] + 1
    assert counted("perdure_step_seconds_count", kind="code") >= timed + 3
    for status, count in ended.items():
        assert counted("perdure_runs_ended_total", status=status) >= count + 1


async def test_an_attempt_that_is_repeated_is_told_apart(perdure: Perdure) -> None:
    retrying, failed = attempts("http_request", "retrying"), attempts("http_request", "failed")
    call = {
        "id": "call",
        "kind": "http_request",
        "with": {"method": "GET", "url": "http://127.0.0.1:1/"},
        "retry": {"max_attempts": 2, "initial": 0.1},
    }
    assert (await perdure.run([call]))["status"] == "failed"
    assert attempts("http_request", "retrying") >= retrying + 1
    assert attempts("http_request", "failed") >= failed + 1


async def test_tokens_and_cost_are_counted_by_model(perdure: Perdure) -> None:
    node = {"id": "think", "kind": "llm", "with": {"model": "gpt-5.4-mini", "prompt": "Say hello."}}
    run = await perdure.run([node])
    assert run["status"] == "completed", run["error"]
    model = (await perdure.steps(run["id"]))["think"]["details"]["model"]
    assert counted("perdure_llm_tokens_total", model=model, direction="in") >= run["tokens_in"] > 0
    assert counted("perdure_llm_tokens_total", model=model, direction="out") >= run["tokens_out"] > 0
    assert counted("perdure_llm_cost_usd_total", model=model) >= run["cost_usd"]
