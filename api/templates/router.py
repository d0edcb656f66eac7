"""Route of the templates."""

from api.requests import router as feature_router
from api.templates.models import TemplateList
from api.templates.service import list_templates

router = feature_router("templates")


@router.get("/v1/templates", operation_id="list_templates")
async def read_templates() -> TemplateList:
    """Workflows to begin with; `POST /v1/workflows/import` takes the text of one as it is."""
    return list_templates()
