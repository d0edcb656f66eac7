"""The OpenAPI document: what FastAPI derives, completed with what it cannot know."""

from api.openapi.document import DESCRIPTION, install

__all__ = ["DESCRIPTION", "install"]
