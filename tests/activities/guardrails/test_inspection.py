"""How long texts are cut for a model that judges them, and what is told of what that took."""

from activities.guardrails.inspection import Spent, windows
from schemas.errors import ErrorCode, PerdureError


def test_a_long_text_is_judged_whole_and_what_that_took_is_told() -> None:
    text = "".join(chr(97 + n % 26) for n in range(100_000))
    pieces = windows(text)
    assert [len(piece) for piece in pieces] == [40_000, 40_000, 24_000]
    assert pieces[0] + pieces[1][2_000:] + pieces[2][2_000:] == text
    assert [windows(text[:size]) for size in (0, 1, 40_000)] == [[""], ["a"], [text[:40_000]]]
    spent = Spent()
    spent.add(100, 10, 0.5)
    late = PerdureError(ErrorCode.THROTTLED, "Not yet.", retry_after=3.0, details={"a": 1, "spent": {"tokens_in": 5}})
    told = spent.told_by(late)
    assert (told.code, told.retry_after) == (ErrorCode.THROTTLED, 3.0)
    assert told.info.details == {"a": 1, "spent": {"tokens_in": 105, "tokens_out": 10, "cost_usd": 0.5}}
