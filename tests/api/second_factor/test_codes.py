"""Codes of authenticators and recovery codes, without a server."""

from uuid import uuid4

import pyotp
import pytest

from api.second_factor import codes

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""`12345678901234567890`, of RFC 6238, appendix B; its codes are the last six digits of those there."""


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_codes_of_the_standard(at: int, code: str) -> None:
    assert codes.matching_step(SECRET, code, at) == at // 30


@pytest.mark.parametrize(("late", "step"), [(-31, None), (-30, 40), (0, 40), (29, 40), (30, 40), (59, 40), (60, None)])
def test_a_clock_may_be_one_step_off(late: int, step: int | None) -> None:
    code = pyotp.TOTP(SECRET).at(40 * 30)
    assert codes.matching_step(SECRET, code, 40 * 30 + late) == step


@pytest.mark.parametrize("code", ["", "28708", "2870820", "٢٨٧٠٨٢", "28708x", "287082\n"])
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert codes.matching_step(SECRET, code, 59) is None


def test_what_people_type_between_the_parts_does_not_count() -> None:
    assert codes.typed(" 287 082 ") == "287082"
    assert codes.typed("K7M2-Q9XD 3HTA--ZW5N\t") == "k7m2q9xd3htazw5n"


def test_recovery_codes_are_many_and_their_hashes_are_personal() -> None:
    fresh = codes.new_recovery_codes()
    assert len(set(fresh)) == codes.RECOVERY_CODES
    assert all(codes.is_recovery_code(codes.typed(code)) for code in fresh)
    one, other = uuid4(), uuid4()
    assert codes.recovery_hash(one, fresh[0]) != codes.recovery_hash(other, fresh[0])
    assert not codes.is_recovery_code("287082")


def test_the_uri_says_whose_account_of_whom() -> None:
    parsed = pyotp.parse_uri(codes.provisioning_uri(SECRET, "ada@example.com"))
    assert (parsed.issuer, parsed.name, parsed.secret) == ("Perdure", "ada@example.com", SECRET)
