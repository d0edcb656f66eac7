"""Signed tokens: only what this process would write itself is accepted."""

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from api.access.signing_keys import SigningKeys
from api.access.tokens import ACCESS_SECONDS, MAX_TOKEN_BYTES, AccessToken, Tokens
from schemas.errors import ErrorCode, PerdureError

SECRET = "a signing key that is long enough for tests"
KEYS = SigningKeys([SECRET])
WHO = AccessToken(uuid4(), uuid4(), uuid4())
NOW = 1_800_000_000


class Clock:
    def __init__(self) -> None:
        self.seconds = float(NOW)

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return Tokens(KEYS, clock)


def encoded(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def header_of(token: str) -> dict[str, Any]:
    part = token.split(".")[0]
    header: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return header


def claims_of(token: str) -> dict[str, Any]:
    return header_of(token.split(".")[1] + ".")


def our_key() -> OctKey:
    first = KEYS.first
    assert first is not None
    return first[1]


def forged(header: dict[str, Any] | bytes, claims: dict[str, Any]) -> bytes:
    """Signed rightly with HMAC-SHA-256 and our own key, under any header."""
    text = f"{encoded(header)}.{encoded(claims)}"
    signature = hmac.new(our_key().raw_value, text.encode(), hashlib.sha256).digest()
    return f"{text}.{encoded(signature)}".encode()


def test_a_token_says_who_and_where(tokens: Tokens) -> None:
    issued = tokens.issue_access(WHO)
    assert tokens.read_access(issued.encode()) == WHO
    assert header_of(issued) == {"typ": "at+jwt", "alg": "HS256", "kid": next(iter(KEYS.by_id))}
    claims = claims_of(issued)
    assert claims.keys() == {"sub", "sid", "ws", "iss", "aud", "iat", "exp", "jti"}
    assert claims["exp"] - claims["iat"] == ACCESS_SECONDS == 600
    assert claims_of(tokens.issue_access(WHO))["jti"] != claims["jti"]


def test_the_forger_of_these_tests_forges_well(tokens: Tokens) -> None:
    """Otherwise the refusals below would prove nothing."""
    issued = tokens.issue_access(WHO)
    assert tokens.read_access(forged(header_of(issued), claims_of(issued))) == WHO


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "HS512"},
        {"alg": "HS384"},
        {"alg": "RS256"},
        {"alg": "EdDSA"},
        {"alg": ["HS256"]},
        {"alg": None},
        {"alg": "hs256"},
        {"typ": "JWT"},
        {"typ": "challenge+jwt"},
        {"typ": "application/at+jwt"},
        {"typ": None},
        {"kid": "another"},
        {"kid": "../../../../dev/null"},
        {"kid": None},
        {"kid": 1},
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": False},
        {"crit": ["b64"], "b64": True},
        {"crit": []},
        {"crit": ["unknown"], "unknown": True},
        {"b64": True},
        {"zip": "DEF"},
        {"jku": "https://evil.example/keys"},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"x5u": "https://evil.example/cert"},
        {"cty": "JWT"},
    ],
    ids=str,
)
def test_another_header_is_refused_though_the_signature_is_right(tokens: Tokens, change: dict[str, Any]) -> None:
    issued = tokens.issue_access(WHO)
    header = {name: value for name, value in (header_of(issued) | change).items() if value is not None}
    assert tokens.read_access(forged(header, claims_of(issued))) is None


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: text.replace(b'"HS256"', b'"HS256","alg":"none"'),
        lambda text: text.replace(b'"HS256"', b'"none","alg":"HS256"'),
        lambda text: text.replace(b":", b": "),
        lambda text: b" " + text,
        lambda text: text + b" ",
        lambda text: b"\xef\xbb\xbf" + text,
    ],
)
def test_a_header_that_reads_the_same_is_not_the_same(tokens: Tokens, rewrite: Callable[[bytes], bytes]) -> None:
    issued = tokens.issue_access(WHO)
    text = json.dumps(header_of(issued), separators=(",", ":")).encode()
    assert tokens.read_access(forged(text, claims_of(issued))) == WHO
    assert tokens.read_access(forged(rewrite(text), claims_of(issued))) is None


@pytest.mark.parametrize("kind", ["RS256", "ES256", "Ed25519", "HS256"])
def test_a_token_of_another_key_is_refused(tokens: Tokens, kind: str) -> None:
    keys = {
        "RS256": RSAKey.import_key(generate_private_key(65537, 2048)) if kind == "RS256" else None,
        "ES256": ECKey.generate_key("P-256"),
        "Ed25519": OKPKey.import_key(Ed25519PrivateKey.generate()),
        "HS256": OctKey.generate_key(256),
    }
    issued = tokens.issue_access(WHO)
    other = jwt.encode(header_of(issued) | {"alg": kind}, claims_of(issued), keys[kind], [kind])
    assert tokens.read_access(other.encode()) is None


def test_a_token_without_a_signature_is_refused(tokens: Tokens) -> None:
    head, claims, signature = tokens.issue_access(WHO).split(".")
    for text in (f"{head}.{claims}.", f"{head}.{claims}", f"{head}..{signature}", f".{claims}.{signature}"):
        assert tokens.read_access(text.encode()) is None
    assert tokens.read_access(f"{head}.{claims}.{signature}.{signature}".encode()) is None
    assert tokens.read_access(f"{head}.{claims}.{signature}".encode()) == WHO


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "somebody"},
        {"iss": None},
        {"aud": "perdure-second-factor"},
        {"aud": None},
        {"exp": None},
        {"exp": NOW},
        {"exp": "9999999999"},
        {"exp": True},
        {"iat": None},
        {"iat": NOW + 60},
        {"jti": None},
        {"sub": None},
        {"sub": "nobody"},
        {"sub": 1},
        {"sid": None},
        {"sid": "x"},
        {"sid": ["x"]},
        {"ws": None},
        {"ws": {}},
    ],
    ids=str,
)
def test_claims_must_be_complete_and_right(tokens: Tokens, change: dict[str, Any]) -> None:
    issued = tokens.issue_access(WHO)
    claims = {name: value for name, value in (claims_of(issued) | change).items() if value is not None}
    assert tokens.read_access(forged(header_of(issued), claims)) is None


@pytest.mark.parametrize("payload", [b"[]", b"null", b"{", b'"x"', b"1", b"\xff", b"{}"])
def test_a_payload_that_is_no_object_is_refused(tokens: Tokens, payload: bytes) -> None:
    header = header_of(tokens.issue_access(WHO))
    text = f"{encoded(header)}.{encoded(payload)}"
    signature = hmac.new(our_key().raw_value, text.encode(), hashlib.sha256).digest()
    assert tokens.read_access(f"{text}.{encoded(signature)}".encode()) is None


def test_a_token_expires(tokens: Tokens, clock: Clock) -> None:
    issued = tokens.issue_access(WHO).encode()
    clock.seconds += ACCESS_SECONDS - 1
    assert tokens.read_access(issued) == WHO
    clock.seconds += 1
    assert tokens.read_access(issued) is None


def test_a_token_that_is_too_large_is_not_even_looked_at(tokens: Tokens) -> None:
    issued = tokens.issue_access(WHO)
    claims = claims_of(issued)
    small = forged(header_of(issued), claims | {"more": "x" * 100})
    large = forged(header_of(issued), claims | {"more": "x" * MAX_TOKEN_BYTES})
    assert tokens.read_access(small) == WHO
    assert tokens.read_access(large) is None


def test_a_challenge_is_no_access_token_and_the_other_way_round(tokens: Tokens, clock: Clock) -> None:
    challenge = tokens.issue_challenge(WHO.user_id)
    assert tokens.read_challenge(challenge) == WHO.user_id
    assert tokens.read_access(challenge.encode()) is None
    assert tokens.read_challenge(tokens.issue_access(WHO)) is None
    assert tokens.read_challenge("ä" * 10) is None
    clock.seconds += 300
    assert tokens.read_challenge(challenge) is None


def test_a_key_can_be_changed_in_three_steps(clock: Clock) -> None:
    old, new = "the old key, which is quite long", "the new key, which is quite long"
    steps = [[old], [old, new], [new, old], [new]]
    processes = [Tokens(SigningKeys(step), clock) for step in steps]
    for one, other in itertools.pairwise(processes):
        assert other.read_access(one.issue_access(WHO).encode()) == WHO
        assert one.read_access(other.issue_access(WHO).encode()) == WHO
    assert processes[3].read_access(processes[0].issue_access(WHO).encode()) is None


def test_without_a_key_nobody_can_sign_in(clock: Clock) -> None:
    none = Tokens(SigningKeys([]), clock)
    with pytest.raises(PerdureError) as refused:
        none.issue_access(WHO)
    assert refused.value.code is ErrorCode.UNAVAILABLE
    assert none.read_access(Tokens(KEYS, clock).issue_access(WHO).encode()) is None


@given(st.binary(max_size=200) | st.text(alphabet="abcAZ09-_.=", max_size=200).map(str.encode))
def test_nothing_else_is_a_token(text: bytes) -> None:
    tokens = Tokens(KEYS)
    assert tokens.read_access(text) is None
    issued = tokens.issue_access(WHO).encode()
    head = issued.partition(b".")[0]
    assert tokens.read_access(head + b"." + text) is None
