"""Route of the node kinds."""

from api.node_kinds.models import NodeKindList
from api.node_kinds.service import list_node_kinds
from api.requests import router as feature_router

router = feature_router("node kinds")


@router.get("/v1/node-kinds", operation_id="list_node_kinds")
async def read_node_kinds() -> NodeKindList:
    """All node kinds with the JSON Schema of their settings, their ports, form hints and examples."""
    return list_node_kinds()
