"""From whose turns a crew can be forked, and what its members do not do again."""

from typing import Any

import pytest

from schemas.crew_forks import MemberTurns
from schemas.errors import PerdureError

AGENTS = [{"name": "ada"}, {"name": "bo"}, {"name": "cy", "agent": "helper"}]
TASKS = [{"name": "one"}, {"name": "two", "agent": "ada"}, {"name": "three"}]
DONE = {name: {"agent": "ada", "result": name} for name in ("one", "two", "three")}


def turns(process: str, member: str, **config: Any) -> MemberTurns:
    return MemberTurns({"process": process, "agents": AGENTS, **config}, member)


def test_what_came_before_stays_and_the_member_goes_on() -> None:
    agent = {"turn": 3}
    memo = turns("sequential", "two", tasks=TASKS).memo(DONE, agent)
    assert memo == {"results": {"one": DONE["one"]}, "failed": {"two": [{"agent": agent}]}}
    beside = turns("parallel", "two", tasks=TASKS).memo(DONE, agent)
    assert list(beside["results"]) == ["one", "three"]
    judged = turns("parallel", "judge", tasks=TASKS, judge={}).memo(DONE, agent)
    assert list(judged["results"]) == ["one", "two", "three"]
    managed = turns("hierarchical", "manager", tasks=TASKS).memo(DONE, agent)
    assert managed == {"results": {}, "failed": {"manager": [{"agent": agent}]}}
    handed = {"ada[0]": {"agent": "ada", "result": "Yours."}, "bo[1]": {"agent": "bo", "result": "Done."}}
    assert turns("hand_off", "bo[1]").memo(handed, agent)["at"] == {"agent": "bo", "message": "Yours."}
    assert "at" not in turns("hand_off", "ada[0]").memo(handed, agent)


@pytest.mark.parametrize(
    ("process", "member", "why"),
    [
        ("sequential", "four", "in the paths of its steps they are one, two, three."),
        ("sequential", "three", "is a published agent"),
        ("parallel", "judge", "no member 'judge'"),
        ("hierarchical", "ada", "the manager tells them, and it decides anew"),
        ("hand_off", "ada", "they are ada[…], bo[…], cy[…]."),
    ],
)
def test_what_cannot_be_forked_from_is_said_in_a_sentence(process: str, member: str, why: str) -> None:
    with pytest.raises(PerdureError) as refused:
        turns(process, member, tasks=[] if process == "hand_off" else TASKS).check()
    assert why in refused.value.info.message
