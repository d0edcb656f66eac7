"""Token buckets against a clock of their own."""

from hypothesis import given
from hypothesis import strategies as st

from api.limits import buckets
from api.limits.buckets import WINDOW, Buckets


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_full_bucket_gives_its_size_and_no_more():
    bucket = Buckets(5, Clock())
    taken = [bucket.take("a") for _ in range(7)]
    assert [one.allowed for one in taken] == [True] * 5 + [False] * 2
    assert [one.remaining for one in taken] == [4, 3, 2, 1, 0, 0, 0]


def test_what_is_refused_is_not_counted_and_says_when_to_come_back():
    clock = Clock()
    bucket = Buckets(6, clock)
    for _ in range(6):
        bucket.take("a")
    refused = bucket.take("a")
    assert not refused.allowed
    assert refused.next_in == WINDOW / 6
    assert refused.full_in == WINDOW
    clock.now += refused.next_in
    assert bucket.take("a").allowed
    assert not bucket.take("a").allowed


def test_an_empty_bucket_is_full_after_a_minute():
    clock = Clock()
    bucket = Buckets(3, clock)
    while bucket.take("a").allowed:
        pass
    clock.now += WINDOW
    assert bucket.take("a").remaining == 2


def test_keys_do_not_share_a_bucket():
    bucket = Buckets(1, Clock())
    assert bucket.take("a").allowed
    assert bucket.take("b").allowed
    assert not bucket.take("a").allowed


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(buckets, "MAX_BUCKETS", 10)
    bucket = Buckets(2, Clock())
    for key in range(1_000):
        bucket.take(key)
    assert len(bucket._full_at) == 10
    assert bucket.take(999).remaining == 0


@given(size=st.integers(1, 500), pauses=st.lists(st.floats(0, 30), max_size=200))
def test_no_window_sees_more_than_a_full_bucket_and_what_flows_in(size: int, pauses: list[float]):
    clock = Clock()
    bucket = Buckets(size, clock)
    times = []
    for pause in pauses:
        clock.now += pause
        for _ in range(3):
            if bucket.take("a").allowed:
                times.append(clock.now)
    for at in times:
        within = sum(at <= other <= at + WINDOW for other in times)
        assert within <= 2 * size
