import json

import pytest

from simulator.markers import BadMarkerError, read_markers, without_markers


def test_every_marker() -> None:
    steering = read_markers(
        "[[sim:reply Hello, Ada!]] [[sim:delay 0.5]] [[sim:chunk_delay 0.1]] [[sim:status 404]] "
        '[[sim:usage in=7 out=8 cached=3]] [[sim:tool find {"q": "tea"}]] [[sim:tool stop]]'
    )
    assert steering.reply == "Hello, Ada!"
    assert (steering.delay, steering.chunk_delay, steering.status) == (0.5, 0.1, 404)
    assert steering.usage == {"in": 7, "out": 8, "cached": 3}
    assert [(call.name, call.arguments) for call in steering.tool_calls] == [("find", {"q": "tea"}), ("stop", {})]


def test_json_may_hold_the_end_of_a_marker() -> None:
    assert read_markers('[[sim:json {"a": [[1], [2]], "b": "]]"}]] more').json_text == '{"a": [[1], [2]], "b": "]]"}'


def test_markers_within_data_are_read_as_well() -> None:
    within = json.dumps({"text": 'a [[sim:tool find {"q": "tea", "deep": {"x": "\\"y\\""}}]] b [[sim:tool stop]]'})
    calls = read_markers(within).tool_calls
    assert [(call.name, call.arguments) for call in calls] == [
        ("find", {"q": "tea", "deep": {"x": '"y"'}}),
        ("stop", {}),
    ]
    assert without_markers(within) == '{"text": "a  b "}'


def test_faults_in_their_order() -> None:
    first, second = read_markers("[[sim:fault http_500 times=2 key=abc]] [[sim:fault cut model=gpt-4o value=1]]").faults
    assert (first.name, first.times, first.key, first.model, first.value) == ("http_500", 2, "abc", None, None)
    assert (second.name, second.times, second.model, second.value, second.position) == ("cut", None, "gpt-4o", "1", 1)


def test_a_model_does_not_see_markers() -> None:
    text = 'a [[sim:json {"x": [[1]]}]]b[[sim:reply [[sim:status 5]]c'
    assert without_markers(text) == "a bc"
    assert without_markers("plain [text] [[here]]") == "plain [text] [[here]]"


@pytest.mark.parametrize(
    "text",
    ["[[sim:nonsense]]", "[[sim:json {]]", "[[sim:status soon]]", "[[sim:reply without end", "[[sim:tool x [1}]]"],
)
def test_a_mistake_is_noticed(text: str) -> None:
    with pytest.raises(BadMarkerError):
        read_markers(text)
