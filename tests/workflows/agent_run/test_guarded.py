"""Data with what guardrails have covered up."""

from typing import Any

from workflows.agent_run.guarded import with_words, words_in


def test_what_is_covered_up_in_names_loses_no_value() -> None:
    data: dict[str, Any] = {"ada@x.org": [1, "a"], "bo@x.org": {"n": 2.5}, "cy@x.org": None, "[mail] (2)": True}
    words = ["[mail]" if "@" in word else word for word in words_in(data)]
    covered = with_words(data, iter(words))
    assert covered == {"[mail]": [1, "a"], "[mail] (3)": {"n": 2.5}, "[mail] (4)": None, "[mail] (2)": True}
    assert with_words(data, words_in(data)) == data
