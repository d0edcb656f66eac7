"""What is taken out of answers, and what is not."""

import pytest

from activities.connections.requests import mail_of
from activities.connections.sanitising import is_secret_name, sanitised, sanitised_headers
from engine.redaction import nothing, redactor_of
from schemas.errors import ErrorCode, PerdureError


@pytest.mark.parametrize(
    "name",
    [
        "access_token",
        "refreshToken",
        "id-token",
        "client_secret",
        "password",
        "Authorization",
        "Set-Cookie",
        "apiKey",
        "bot_token",
        "x_api_key",
        "cookie",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    ["nextPageToken", "next_page_token", "tokens", "max_tokens", "secretary", "keys", "key", "passwords_changed"],
)
def test_names_of_other_things(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "text",
    [
        "xoxb-1234567890-abcdef",
        "ghp_" + "a" * 36,
        "ya29." + "b" * 30,
        "eyJhbGciOiJI.eyJzdWIiOiIx.sig",
        "hvs." + "c" * 24,
    ],
)
def test_texts_that_look_like_tokens(text: str) -> None:
    assert sanitised({"said": [f"it is {text}!"]}, nothing()) == {"said": ["it is [removed]!"]}


def test_known_values_and_headers() -> None:
    redactor = redactor_of([("notes", "plain-secret-value")])
    assert sanitised({"a": "plain-secret-value", "count": 3}, redactor) == {"a": "[redacted: notes]", "count": 3}
    headers = {"set-cookie": "s=1", "etag": "plain-secret-value", "x-ratelimit-remaining": "7", "server": "x"}
    assert sanitised_headers(headers, redactor) == {"etag": "[redacted: notes]", "x-ratelimit-remaining": "7"}


def test_a_mail_cannot_gain_a_header() -> None:
    mail = {"to": ["a@example.com"], "subject": "Hi", "text": "Grüße"}
    assert b"To: a@example.com\r\n" in mail_of(mail)
    for changed in ({"subject": "Hi\r\nBcc: b@example.com"}, {"to": ["a@example.com\nBcc: b@example.com"]}):
        with pytest.raises(PerdureError) as refused:
            mail_of({**mail, **changed})
        assert refused.value.code is ErrorCode.INVALID_INPUT
