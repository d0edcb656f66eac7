"""All benchmarks, in the order in which they run and are reported."""

import importlib

from bench.outcome import Benchmark

_MODULES = {
    "steps": "steps",
    "post": "post",
    "accept": "accept",
    "decide": "decide",
    "list": "list_runs",
    "inbox": "inbox",
    "chain": "chain",
    "fanout": "fanout",
    "memory": "memory",
    "recovery": "recovery",
    "compile": "compilation",
    "editor": "editor",
    "knowledge": "knowledge",
    "agent-turns": "agent_turns",
}
NAMES = tuple(_MODULES)


def benchmark(name: str) -> Benchmark:
    """The benchmark of a name; loaded when it is wanted."""
    found: Benchmark = importlib.import_module(f"bench.measures.{_MODULES[name]}").measure
    return found
