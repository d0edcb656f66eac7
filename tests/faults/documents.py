"""Workflows that the fault tests run. Each step takes a moment, so that a kill can hit between and inside steps."""

from itertools import pairwise
from typing import Any

from tests.schemas.documents import branch, document, node, transform

CHAIN = ("think", "shape", "reckon", "way", "rest", "pay", "tell", "tidy", "settle", "result")
"""Steps of `chain` in their order: remote, inline, local, inline, control, remote, remote, local, control, inline."""

DICE = """\
import random
import time
until = time.monotonic() + seconds
while time.monotonic() < until:
    pass
random.random()
"""
"""Takes its time and never gives the same result twice, so a second execution cannot hide."""


def chain(ledger_url: str) -> dict[str, Any]:
    """Every way in which a step can be executed, one after the other; `input.slow` names steps that take long."""
    nodes = [
        llm("think", 'input.slow == "think" ? 2.0 : 0.2'),
        transform("shape", {"word": "{{ nodes.think.output }}"}),
        dice("reckon", '{{ input.slow == "reckon" ? 1.5 : 0.2 }}'),
        branch("way", "paid", when='nodes.shape.output.word == "ready"'),
        node("rest", "wait", duration="{{ input.slow == 'rest' ? 1.5 : 0.2 }}"),
        pay("pay", ledger_url),
        llm("tell", "0.2"),
        dice("tidy", "{{ 0.2 }}"),
        node("settle", "wait", duration="200ms"),
        node("result", "output", value={"dice": ["{{ nodes.reckon.output }}", "{{ nodes.tidy.output }}"]}),
    ]
    return document(nodes, linked(CHAIN, way="paid"), name="Chain", input=ORDERED)


def local_chain() -> dict[str, Any]:
    """Local steps only, each built on the one before."""
    names = ("a", "b", "c", "d", "e")
    nodes = [dice(name, f'{{{{ input.slow == "{name}" ? 1.5 : 0.1 }}}}') for name in names]
    outputs = {name: f"{{{{ nodes.{name}.output }}}}" for name in names}
    return document(nodes, linked(names), name="Local chain", output=outputs, input=ORDERED)


def asking(ledger_url: str) -> dict[str, Any]:
    """A person decides about a refund."""
    nodes = [
        dice("reckon", "{{ 0.05 }}"),
        node("ask", "approval", title="Pay {{ input.order }}?"),
        pay("pay", ledger_url),
        node("result", "output", value="{{ nodes.ask.output.decision }}"),
        node("refused", "output", value="{{ nodes.ask.output.decision }}"),
    ]
    edges = ["reckon > ask", "ask.approved > pay", "pay > result", "ask.rejected > refused"]
    return document(nodes, edges, name="Asking", input=ORDERED)


def paying(ledger_url: str) -> dict[str, Any]:
    """One refund and nothing else."""
    return document([pay("pay", ledger_url)], name="Paying", input=ORDERED)


ORDERED = {
    "type": "object",
    "required": ["order", "slow"],
    "properties": {"order": {"type": "string"}, "slow": {"type": "string"}},
}


def llm(name: str, seconds: str) -> dict[str, Any]:
    """A model call that takes the seconds of an expression."""
    return node(name, "llm", prompt=f"Are you there? [[sim:reply ready]] [[sim:delay {{{{ {seconds} }}}}]]")


def dice(name: str, seconds: str) -> dict[str, Any]:
    """A local step."""
    return node(name, "code", code=DICE, inputs={"seconds": seconds}, max_seconds=3)


def pay(name: str, ledger_url: str) -> dict[str, Any]:
    """A refund of one cent."""
    return node(
        name,
        "http_request",
        url=f"{ledger_url}/refunds",
        method="POST",
        json={"order": "{{ input.order }}", "amount": 0.01},
    )


def linked(names: tuple[str, ...], **ports: str) -> list[str]:
    """Edges from each to the next; ports by node."""
    return [
        f"{name}.{ports[name]} > {after}" if name in ports else f"{name} > {after}" for name, after in pairwise(names)
    ]
