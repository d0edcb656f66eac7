"""Personal data and secrets are found by their form, and nothing else is."""

import pytest

from schemas.private_data import Kind, counted, is_iban, masked, private_spots, secret_spots


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Write to ada@example.com, or Ada.L+x@mail.example.co.uk.", "Write to [e-mail address], or [e-mail address]."),
        ("Pay 4111 1111 1111 1111 or 5500-0000-0000-0004!", "Pay [card number] or [card number]!"),
        ("IBAN DE89 3704 0044 0532 0130 00 today", "IBAN [IBAN] today"),
        ("gb82west12345698765432.", "[IBAN]."),
        (
            "Call +49 (0)30 901820, 030/901820 or (415) 555-2671.",
            "Call [phone number], [phone number] or [phone number].",
        ),
        ("0044 20 7946 0958", "[phone number]"),
        # None of these is any.
        ("4111 1111 1111 1112 and 1234567890123456", None),
        ("On 2026-11-21 at 12:30:45, version 1.2.3.4, order 20261121-000017, 3.14159265358", None),
        ("Room 12, 10.000,00 EUR, 192.168.100.200, a@b, @here, x@y.", None),
        ("0000 0000 0000 0000", None),
    ],
)
def test_personal_data(text: str, shown: str | None) -> None:
    assert masked(text, private_spots(text, Kind)) == (text if shown is None else shown)


def test_only_the_wanted_kinds_are_looked_for_and_they_are_counted() -> None:
    text = "ada@example.com, 4111111111111111, bob@example.com"
    assert counted(private_spots(text, [Kind.EMAIL])) == "2 e-mail addresses"
    assert counted(private_spots(text, Kind)) == "2 e-mail addresses, 1 card number"
    assert is_iban("DE89370400440532013000")
    assert not is_iban("DE89370400440532013001")
    assert not is_iban("X" * 40)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key sk-proj-abcdefghijklmnop1234 used", "key [secret] used"),
        ("AKIAIOSFODNN7EXAMPLE", "[secret]"),
        ("token ghp_" + "a1" * 18, "token [secret]"),
        ("password: hunter2!x, user: ada", "password: [secret], user: ada"),
        ('{"api_key": "12345678abc"}', '{"api_key": "[secret]"}'),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----", "[secret]"),
        ("The password must be changed every month.", None),
        ("A token is a part of a word; risk-based thinking about sk- things.", None),
    ],
)
def test_secrets(text: str, shown: str | None) -> None:
    assert masked(text, secret_spots(text)) == (text if shown is None else shown)


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text", ["+1" * 50_000, "a." * 50_000 + "@", "4 " * 50_000, "DE89 " * 20_000, "password:" * 10_000]
)
def test_hostile_texts_take_no_long_time(text: str) -> None:
    private_spots(text, Kind)
    secret_spots(text)
