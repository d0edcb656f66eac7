"""Large runs: beyond what one Temporal history or one list of pending activities could hold."""

from tests.support.documents import code, foreach, value
from tests.support.perdure import Perdure


async def test_ten_thousand_items(perdure: Perdure) -> None:
    body = [value("x", "{{ item * 2 }}")]
    nodes = [code("make", "list(range(10000))"), foreach("each", "nodes.make.output", body, config={"concurrency": 50})]
    run = await perdure.start(await perdure.publish(nodes, ["make>each"], output="{{ nodes.each.output.size() }}"))
    ended = await perdure.ended(run, seconds=110)
    assert (ended["status"], ended["output"]) == ("completed", 10_000)
    assert ended["steps_done"] >= 10_001


async def test_a_chain_of_two_thousand_nodes(perdure: Perdure) -> None:
    nodes = [value("n0", 1), *(value(f"n{i}", f"{{{{ nodes.n{i - 1}.output + 1 }}}}") for i in range(1, 2000))]
    run = await perdure.start(await perdure.publish(nodes, [f"n{i}>n{i + 1}" for i in range(1999)]))
    ended = await perdure.ended(run, seconds=110)
    assert ended["output"] == 2000


async def test_more_parallel_steps_than_temporal_can_hold_at_once(perdure: Perdure) -> None:
    nodes = [value("start", 0), *(code(f"c{i}", "1") for i in range(700)), value("end", "done")]
    edges = [f"start>c{i}" for i in range(700)] + [f"c{i}>end" for i in range(700)]
    run = await perdure.start(
        await perdure.publish(nodes, edges, limits={"max_parallel": 500}, output="{{ nodes.end.output }}")
    )
    ended = await perdure.ended(run, seconds=110)
    assert ended["output"] == "done"
