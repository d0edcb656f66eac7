"""Random tokens: refresh tokens that make their successor, API keys, tickets."""

import pytest

from api.access.opaque_tokens import KeyToken, RefreshToken, digest, new_ticket, same


def test_refresh_tokens_are_read_back() -> None:
    token = RefreshToken.fresh()
    assert RefreshToken.parse(token.text) == token
    assert len(bytes.fromhex(token.secret)) == 32
    assert RefreshToken.fresh() != token


def test_a_successor_needs_both_the_token_and_the_salt() -> None:
    token = RefreshToken.fresh()
    following = token.successor(b"salt")
    assert following.family == token.family
    assert following == token.successor(b"salt")
    assert following.secret not in (token.secret, token.successor(b"other").secret)
    assert following.secret != RefreshToken(token.family, "0" * 64).successor(b"salt").secret
    assert RefreshToken.parse(following.text) == following


def test_keys_are_read_back() -> None:
    token = KeyToken.fresh()
    assert KeyToken.parse(token.text.encode()) == token
    assert len(bytes.fromhex(token.secret)) == 32


@pytest.mark.parametrize("text", ["", "pdr_", "pdr_x_y", "pdk_" + "0" * 77, "pdr_" + "0" * 32 + "_" + "g" * 64])
def test_anything_else_is_none(text: str) -> None:
    assert RefreshToken.parse(text) is None
    assert KeyToken.parse(text.encode()) is None


def test_a_line_feed_at_the_end_is_not_overlooked() -> None:
    assert RefreshToken.parse(RefreshToken.fresh().text + "\n") is None
    assert KeyToken.parse(KeyToken.fresh().text.encode() + b"\n") is None


def test_hashes_are_compared() -> None:
    assert same(digest("a"), digest("a"))
    assert not same(digest("a"), digest("b"))
    assert not same(digest("a"), None)
    assert digest("\ud800")
    assert new_ticket() != new_ticket()
