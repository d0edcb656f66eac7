"""`noop_local`: a local step that does nothing, or waits."""

from bench.kinds.idling import IdleConfig
from schemas.document import Retry
from schemas.node_spec import LOCAL_TIMEOUT, NodeSpec
from schemas.plan import Mode

SPEC = NodeSpec(
    kind="noop_local",
    title="Nothing, locally",
    description="Does nothing, as a step beside its run.",
    category="logic",
    icon="circle",
    mode=Mode.LOCAL,
    config=IdleConfig,
    retry=Retry(initial=0.1),
    timeout=LOCAL_TIMEOUT,
)
