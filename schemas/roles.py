"""Roles of people in a workspace, from the one who may do everything to the one who may only look."""

from enum import StrEnum


class Role(StrEnum):
    """What a member of a workspace is. What each role may do stands in `api.access.permissions`."""

    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    OPERATOR = "operator"
    VIEWER = "viewer"
