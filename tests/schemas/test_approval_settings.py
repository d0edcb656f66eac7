"""What an approval may ask for: never for more people than may answer."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.nodes.approval import ApprovalConfig

ADA, BO = "ada@example.com", "bo@example.com"


@pytest.mark.parametrize(
    "asked",
    [
        {"assignees": [ADA, BO], "needs": 3},
        {"assignees": [ADA, "Ada@example.com "], "needs": 2},
        {"stages": [{"assignees": [ADA]}, {"assignees": {"users": [BO]}, "needs": 2}]},
    ],
)
def test_more_answers_than_people_are_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="name more"):
        ApprovalConfig(title="Pay?", **asked)


@pytest.mark.parametrize(
    "asked",
    [
        {"assignees": [ADA, BO], "needs": 2},
        {"assignees": [ADA, "group:finance"], "needs": 3},
        {"assignees": "{{ input.people }}", "needs": 3},
        {"needs": 3},
        {"assignees": [ADA], "needs": "all"},
        {"assignees": [ADA], "needs": 2, "escalate": [{"after": "1h", "to": [BO]}]},
    ],
)
def test_as_many_as_may_answer_is_fine(asked: dict[str, Any]) -> None:
    assert ApprovalConfig(title="Pay?", **asked).needs == asked["needs"]
