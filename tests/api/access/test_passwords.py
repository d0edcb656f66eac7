"""Passwords: which ones are taken, and how they are checked."""

import asyncio
import time
import unicodedata

import pytest

from api.access import passwords
from api.access.common_passwords import COMMON_PASSWORDS
from api.access.passwords import check_choice, hash_password, is_outdated, is_right
from api.errors import RequestError
from schemas.errors import ErrorCode

EMAIL = "ada.lovelace@example.com"


async def test_a_password_is_kept_as_argon2id() -> None:
    kept = await hash_password("correct horse battery")
    assert kept.startswith("$argon2id$")
    assert await is_right("correct horse battery", kept)
    assert not await is_right("correct horse batterz", kept)
    assert await hash_password("correct horse battery") != kept
    assert not is_outdated(kept)


async def test_nobodys_password_is_never_right() -> None:
    assert not await is_right("anything", None)
    assert not await is_right("", None)
    assert not await is_right("anything", "not a hash")


async def test_weak_hashes_of_before_are_noticed() -> None:
    weak = "$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$ZPRgGpKSpkTd0UNE8Jzd4d6zEZ5jsOwZPNKpeDTAPUo"
    assert is_outdated(weak)


def test_the_hash_of_nobody_is_as_strong_as_the_others() -> None:
    assert not is_outdated(passwords._NOBODYS)


async def test_the_answer_for_nobody_takes_as_long() -> None:
    """The same work, so about the same time; a shortcut would be a hundred times faster."""
    kept = await hash_password("correct horse battery")
    await is_right("warm up", kept)

    async def least(known: str | None) -> float:
        taken = []
        for _ in range(5):
            begun = time.perf_counter()
            await is_right("wrong wrong wrong", known)
            taken.append(time.perf_counter() - begun)
        return min(taken)

    somebody, nobody = await least(kept), await least(None)
    assert 0.3 < nobody / somebody < 3


async def test_the_loop_goes_on_while_passwords_are_hashed() -> None:
    hashing = asyncio.gather(*(hash_password("correct horse battery") for _ in range(4)))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 20


async def test_a_password_is_the_same_from_every_keyboard() -> None:
    composed = unicodedata.normalize("NFC", "Grüße aus Köln")
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    assert await is_right(decomposed, await hash_password(composed))


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "123456789",
        EMAIL,
        EMAIL.upper(),
        "ada.lovelace",
        "1234567890",
        "Password123",
        "QWERTYUIOP",
        "aaaaaaaaaaaa",
        "abababababab",
        "ﬁﬁﬁﬁﬁﬁ",
    ],
)
def test_passwords_that_are_refused(password: str) -> None:
    with pytest.raises(RequestError) as refused:
        check_choice(password, EMAIL, "new_password")
    assert refused.value.code is ErrorCode.INVALID_REQUEST
    assert [error.field for error in refused.value.errors] == ["body.new_password"]
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "password", ["a rather long password", "Zw8#kq0!Lm", "пароль из слов", "四字熟語四字熟語一二三"]
)
def test_passwords_that_are_taken(password: str) -> None:
    check_choice(password, EMAIL)


def test_the_list_holds_what_would_be_taken_otherwise() -> None:
    assert len(COMMON_PASSWORDS) > 200
    assert all(len(word) >= passwords.MIN_CHARS and word == word.casefold() for word in COMMON_PASSWORDS)
