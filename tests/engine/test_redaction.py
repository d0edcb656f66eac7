"""Known secrets are found in every form in which they come back, also in pieces, and nothing else is changed."""

import base64
import html
import json
import random
import string
import time
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from engine.redaction import RedactedStream, Redactor, forms

SECRET = 'pa"ss/w+rd&=1é?'
REDACTOR = Redactor({SECRET: "stripe"})
MARK = "[redacted: stripe]"


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(SECRET)[1:-1])[1:-1],
        html.escape(SECRET),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
    ],
)
def test_a_form_is_replaced_wherever_it_stands(form: str) -> None:
    for text in (form, f"before {form}", f"{form} after", f"x{form}{form}y"):
        assert REDACTOR.text(text) == text.replace(form, MARK)


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_is_found_at_every_offset(before: int, after: int, encode: Any) -> None:
    value = "correct-horse-battery"
    encoded = encode(b"u:" + b"x" * before + value.encode() + b"y" * after).decode()
    redacted = Redactor({value: "basic"}).text(f"Basic {encoded}")
    assert "[redacted: basic]" in redacted
    left = redacted.removeprefix("Basic ").replace("[redacted: basic]", "")
    assert len(left) <= 12 + before + after


def test_the_longer_of_two_secrets_goes_first() -> None:
    redactor = Redactor({"abcdef": "short", "abcdefghij": "long"})
    assert redactor.text("abcdefghij abcdef") == "[redacted: long] [redacted: short]"


def test_a_secret_of_several_lines_is_found_whole_in_parts_and_on_one_line() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n9w0BAQEFAASCBKcwggSj\n-----END KEY-----\n"
    redactor = Redactor({key: "pem"})
    for text in (key, key.strip(), " ".join(key.split()), "here: 9w0BAQEFAASCBKcwggSj!"):
        assert "9w0BAQEFAASCBKcwggSj" not in redactor.text(text)


def test_values_are_redacted_at_any_depth_keys_and_numbers_included() -> None:
    redactor = Redactor({"12345678": "pin", "s3cret-value": "key"})
    value = {"a": [{"s3cret-value": 1}, "x s3cret-value"], "n": 12345678, "f": 1.5, "t": True, "z": None}
    assert redactor.value(value) == {
        "a": [{"[redacted: key]": 1}, "x [redacted: key]"],
        "n": "[redacted: pin]",
        "f": 1.5,
        "t": True,
        "z": None,
    }


def test_what_holds_no_secret_is_the_same_object() -> None:
    value = {"a": ["b", 1, None]}
    assert REDACTOR.value(value) is value
    assert Redactor({}).value(value) is value
    assert not Redactor({})


def test_short_texts_are_not_searched_for() -> None:
    assert Redactor({"abc": "short"}).text("abc") == "abc"
    assert all(len(form) >= 6 for form in forms("abcdef"))


@pytest.mark.parametrize("kept", range(6, 21))
def test_the_beginning_of_a_secret_at_a_cut_is_not_shown(kept: int) -> None:
    value = "tok-abcdefghijklmnopq"
    text = "the server said " + value[:kept]
    redactor = Redactor({value: "tok"})
    assert redactor.text(text + "…") == "the server said [redacted: tok]…"
    assert redactor.value({"m": [text + "…"]}) == {"m": ["the server said [redacted: tok]…"]}
    assert redactor.text(text) == text
    assert redactor.text("tok-abX tok…") == "tok-abX tok…"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_a_stream_is_redacted_like_the_whole(size: int) -> None:
    redactor = Redactor({SECRET: "stripe", "abcdef": "short", "abcdefghij": "long"})
    text = f'say {SECRET} or abcdefgh, abcdefghij; {quote(SECRET)}abcdefabcdefghij pa"ss/w nothing'
    stream = RedactedStream()
    shown = [stream.feed(text[at : at + size], redactor) for at in range(0, len(text), size)]
    shown.append(stream.end(redactor))
    assert "".join(shown) == redactor.text(text)


def test_random_streams_never_show_a_secret() -> None:
    rng = random.Random(7)
    for _ in range(300):
        secrets = {"".join(rng.choices("ab", k=rng.randint(6, 9))): str(n) for n in range(3)}
        redactor = Redactor(secrets)
        text = "".join(rng.choices("abc", weights=[5, 5, 1], k=200))
        stream, shown, at = RedactedStream(), "", 0
        while at < len(text):
            step = rng.randint(1, 9)
            shown += stream.feed(text[at : at + step], redactor)
            at += step
        shown += stream.end(redactor)
        for secret in secrets:
            assert secret not in shown


def test_a_stream_holds_back_only_what_may_become_a_secret() -> None:
    stream = RedactedStream()
    assert stream.feed("hello ", Redactor({"secret-value": "s"})) == "hello "
    assert stream.feed("secret", Redactor({"secret-value": "s"})) == ""
    assert stream.feed("-val", Redactor({"secret-value": "s"})) == ""
    assert stream.feed("id.", Redactor({"secret-value": "s"})) == "secret-valid."
    assert stream.feed("secret-va", Redactor({"secret-value": "s"})) == ""
    assert stream.end(Redactor({"secret-value": "s"})) == "[redacted: s]"


def test_it_costs_little_where_there_is_nothing_to_hide() -> None:
    rng = random.Random(1)
    few = Redactor({"".join(rng.choices(string.ascii_letters, k=40)): str(n) for n in range(4)})
    many = Redactor({"".join(rng.choices(string.ascii_letters, k=40)): str(n) for n in range(1_000)})
    small, large = {"a": ["b" * 20] * 10}, {"a": ["b" * 900] * 1_000}

    def milliseconds(work: Any) -> float:
        started = time.process_time()
        for _ in range(5):
            work()
        return (time.process_time() - started) * 200

    assert milliseconds(lambda: few.value(small)) < 1
    assert milliseconds(lambda: few.value(large)) < 100
    assert milliseconds(lambda: many.text("a log line of usual length " * 6)) < 5
