"""Sealed values: bound to their place, readable with the right key only, re-wrapped without being read."""

import os
from uuid import UUID, uuid4

import pytest

from engine.secrets.keyring import Keyring, UnreadableError, header, key_id_of
from schemas.errors import ErrorCode

WORKSPACE, ROW = UUID(int=1), UUID(int=2)
OLD, NEW = os.urandom(32), os.urandom(32)


def seal(ring: Keyring, value: bytes = b"s3cret-value") -> bytes:
    return ring.encrypt("credential", WORKSPACE, ROW, value)


@pytest.mark.parametrize(
    "value", [b"", b"x", b"s3cret-value", bytes(range(250)) * 400], ids=["empty", "one", "short", "long"]
)
def test_a_value_comes_back_and_is_not_seen_sealed(value: bytes) -> None:
    ring = Keyring({"one": OLD})
    sealed = seal(ring, value)
    assert ring.decrypt("credential", WORKSPACE, ROW, sealed) == value
    assert len(value) < 2 or value not in sealed


def test_the_same_value_is_never_sealed_alike() -> None:
    ring = Keyring({"one": OLD})
    assert len({seal(ring) for _ in range(50)}) == 50


@pytest.mark.parametrize(
    ("purpose", "workspace", "row"),
    [
        ("second-factor", WORKSPACE, ROW),
        ("credential", UUID(int=3), ROW),
        ("credential", None, ROW),
        ("credential", WORKSPACE, UUID(int=3)),
        ("credential", WORKSPACE, ""),
        # The parts run together to the same text.
        (f"credential{WORKSPACE}", None, ROW),
    ],
)
def test_a_value_cannot_be_read_in_another_place(purpose: str, workspace: UUID | None, row: object) -> None:
    ring = Keyring({"one": OLD})
    with pytest.raises(UnreadableError) as refused:
        ring.decrypt(purpose, workspace, row, seal(ring))
    assert refused.value.code is ErrorCode.MISSING_CREDENTIAL


def test_another_key_of_the_same_id_does_not_read_it() -> None:
    sealed = seal(Keyring({"one": OLD}))
    with pytest.raises(UnreadableError):
        Keyring({"one": NEW}).decrypt("credential", WORKSPACE, ROW, sealed)


def test_every_changed_byte_is_noticed() -> None:
    ring = Keyring({"one": OLD})
    sealed = seal(ring, b"abc")
    for place in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[place] ^= 1
        with pytest.raises(UnreadableError):
            ring.decrypt("credential", WORKSPACE, ROW, bytes(damaged))


@pytest.mark.parametrize("length", [0, 1, 2, 4, 5, 20, 64, 70])
def test_a_cut_value_is_noticed(length: int) -> None:
    ring = Keyring({"one": OLD})
    with pytest.raises(UnreadableError):
        ring.decrypt("credential", WORKSPACE, ROW, seal(ring)[:length])


def test_the_wrapped_key_of_one_value_does_not_open_another() -> None:
    ring = Keyring({"one": OLD})
    one, other = seal(ring), seal(ring)
    rest = len(header("one")) + 12 + 48
    with pytest.raises(UnreadableError):
        ring.decrypt("credential", WORKSPACE, ROW, one[:rest] + other[rest:])


def test_a_new_key_takes_over_and_the_value_stays_bound() -> None:
    sealed = seal(Keyring({"old": OLD}))
    both = Keyring({"new": NEW, "old": OLD})
    assert both.newest == "new"
    assert both.decrypt("credential", WORKSPACE, ROW, sealed) == b"s3cret-value"
    again = both.rewrapped(sealed)
    assert (key_id_of(sealed), key_id_of(again)) == ("old", "new")
    alone = Keyring({"new": NEW})
    assert alone.decrypt("credential", WORKSPACE, ROW, again) == b"s3cret-value"
    with pytest.raises(UnreadableError):
        alone.decrypt("credential", uuid4(), ROW, again)
    with pytest.raises(UnreadableError, match="'old'"):
        alone.decrypt("credential", WORKSPACE, ROW, sealed)


@pytest.mark.parametrize(
    "keys", [{}, {"one": b"short"}, {"": OLD}, {"a b": OLD}, {"x" * 65: OLD}, {"one": OLD, "two": OLD}]
)
def test_unusable_keys_are_refused(keys: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match=r"encryption key"):
        Keyring(keys)
