"""`noop_remote`: a remote step that does nothing, or waits; its policy is that of `http_request`."""

from bench.kinds.idling import IdleConfig
from schemas.node_spec import NodeSpec
from schemas.nodes.http_request import SPEC as LIKE
from schemas.plan import Mode

SPEC = NodeSpec(
    kind="noop_remote",
    title="Nothing, remotely",
    description="Does nothing, as a task of its own.",
    category="logic",
    icon="circle",
    mode=Mode.REMOTE,
    config=IdleConfig,
    retry=LIKE.retry,
    timeout=LIKE.timeout,
    heartbeat=LIKE.heartbeat,
    queue=LIKE.queue,
)
