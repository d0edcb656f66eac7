"""Signatures of webhooks, by vectors that were published and by requests that were changed."""

import hashlib
import hmac
from typing import Any

import pytest

from engine.hook_signatures import Signed, check_signature, default_delivery_id
from schemas.errors import PerdureError
from schemas.hooks import Signature

NOW = 1_731_705_121
SECRETS = {
    # https://www.standardwebhooks.com, as Svix publishes it
    Signature.STANDARD: "whsec_plJ3nmyCDGBKInavdOK15jsl",
    # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    Signature.GITHUB: "It's a Secret to Everybody",
    # https://api.slack.com/authentication/verifying-requests-from-slack
    Signature.SLACK: "8f742231b10e8888abcd99yyyzzz85a5",
    Signature.STRIPE: "whsec_test_secret",
    Signature.MAILGUN: "key-of-mailgun",
}
SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)


def _hex(style: Signature, content: bytes) -> str:
    return hmac.new(SECRETS[style].encode(), content, hashlib.sha256).hexdigest()


REQUESTS: dict[Signature, tuple[dict[str, str], bytes, float]] = {
    Signature.STANDARD: (
        {
            "webhook-id": "msg_loFOjxBNrRLzqYUf",
            "webhook-timestamp": str(NOW),
            "webhook-signature": "v1a,xyz v1,AAAA v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
        },
        b'{"event_type":"ping","data":{"success":true}}',
        NOW,
    ),
    Signature.GITHUB: (
        {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
        b"Hello, World!",
        NOW,
    ),
    Signature.SLACK: (
        {
            "x-slack-request-timestamp": "1531420618",
            "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        },
        SLACK_BODY,
        1_531_420_618,
    ),
    Signature.STRIPE: (
        {"stripe-signature": f"t={NOW},v0=00,v1={_hex(Signature.STRIPE, f'{NOW}.'.encode() + b'{}')}"},
        b"{}",
        NOW,
    ),
    Signature.MAILGUN: (
        {},
        f"timestamp={NOW}&token=abc&signature={_hex(Signature.MAILGUN, f'{NOW}abc'.encode())}".encode(),
        NOW,
    ),
}


@pytest.mark.parametrize("style", list(REQUESTS))
def test_what_was_signed_is_taken_and_what_was_changed_is_not(style: Signature) -> None:
    headers, body, now = REQUESTS[style]
    check_signature(style, ["another-secret", SECRETS[style]], Signed(headers, body, now, 300))
    wrong = [
        (["another-secret"], Signed(headers, body, now, 300)),
        ([], Signed(headers, body, now, 300)),
        ([SECRETS[style]], Signed({name: f"{value}0" for name, value in headers.items()}, body + b"0", now, 300)),
        ([SECRETS[style]], Signed({}, b"", now, 300)),
        *([([SECRETS[style]], Signed(headers, body + b" ", now, 300))] if style is not Signature.MAILGUN else []),
        *[
            ([SECRETS[style]], Signed(headers, body, now + late, 300))
            for late in (301, -301)
            if style is not Signature.GITHUB
        ],
    ]
    for secrets, request in wrong:
        with pytest.raises(PerdureError) as refused:
            check_signature(style, secrets, request)
        assert refused.value.code == "unauthenticated"
        assert SECRETS[style] not in str(refused.value)


def standard(**changed: str | None) -> Signed:
    """The published request of Standard Webhooks, with other headers; without those that are nothing."""
    headers, body, now = REQUESTS[Signature.STANDARD]
    merged = {**headers, **{f"webhook-{name}": value for name, value in changed.items()}}
    return Signed({name: value for name, value in merged.items() if value is not None}, body, now, 300)


RIGHT = "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


@pytest.mark.parametrize(
    "changed",
    [
        {"id": None},
        {"id": ""},
        {"id": "msg_loFOjxBNrRLzqYUg"},
        {"timestamp": None},
        {"timestamp": str(NOW + 1)},
        {"timestamp": f"{NOW}.5"},
        {"timestamp": f"+{NOW}"},
        {"timestamp": f"\u0660{NOW}"},
        {"signature": None},
        {"signature": "v1,"},
        {"signature": RIGHT.removeprefix("v1,")},
        {"signature": RIGHT.replace("v1,", "v2,")},
        {"signature": RIGHT.replace("v1,", "v1a,")},
        {"signature": RIGHT.replace("v1,", "V1,")},
        {"signature": RIGHT.replace("v1,", "v1, ")},
        {"signature": RIGHT.rstrip("=")},
        {"signature": RIGHT.replace("rA", "ra")},
        {"signature": f"{RIGHT},v1,AAAA"},
        {"signature": "v1," + "A" * 100_000},
    ],
)
def test_standard_webhooks_are_refused_for_any_one_change(changed: dict[str, str | None]) -> None:
    with pytest.raises(PerdureError) as refused:
        check_signature(Signature.STANDARD, [SECRETS[Signature.STANDARD]], standard(**changed))
    assert refused.value.code == "unauthenticated"


@pytest.mark.parametrize(
    "signature",
    [
        RIGHT,
        f"  {RIGHT}  ",
        f"v1,AAAA {RIGHT}",
        f"{RIGHT} v1,AAAA",
        f"v1a,x\t{RIGHT}",
        f"v1 {RIGHT} v1,",
        f"v2,{RIGHT[3:]} {RIGHT}",
    ],
)
def test_one_right_signature_among_several_is_enough(signature: str) -> None:
    check_signature(Signature.STANDARD, [SECRETS[Signature.STANDARD]], standard(signature=signature))
    # A timestamp may stand between blanks; it is signed as it means.
    check_signature(Signature.STANDARD, [SECRETS[Signature.STANDARD]], standard(timestamp=f" {NOW} "))


@pytest.mark.parametrize(
    ("style", "headers", "body", "told"),
    [
        (Signature.STANDARD, {"webhook-id": "msg_1"}, {}, "msg_1"),
        (Signature.STRIPE, {}, {"id": "evt_1"}, "evt_1"),
        (Signature.SLACK, {}, {"event_id": "Ev1", "trigger_id": "t"}, "Ev1"),
        (Signature.SLACK, {}, {"trigger_id": "t"}, "t"),
        (Signature.MAILGUN, {}, {"Message-Id": "<1@x>", "token": "abc"}, "abc"),
        (Signature.MAILGUN, {}, {"token": ["abc", "other"]}, "abc"),
        (Signature.MAILGUN, {}, {"token": [{"filename": "x"}, "abc"]}, "abc"),
        (Signature.MAILGUN, {}, {"Message-Id": "<1@x>"}, None),
        (Signature.NONE, {"idempotency-key": "k"}, {"MessageID": "m"}, "k"),
        (Signature.NONE, {}, [1], None),
    ],
)
def test_what_a_sender_calls_a_delivery(style: Signature, headers: dict[str, str], body: Any, told: str | None) -> None:
    assert default_delivery_id(style, headers, body) == told


def test_the_id_of_a_delivery_of_github_goes_with_its_body() -> None:
    """GitHub signs the body only: nobody else's delivery can be kept out by its id with another body."""
    given = {"x-github-delivery": "72d3162e"}
    first, same, other = (
        default_delivery_id(Signature.GITHUB, given, body) for body in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1})
    )
    assert first == same != other
    assert first is not None
    assert first.startswith("72d3162e")
    assert default_delivery_id(Signature.GITHUB, {}, {}) is None
    assert default_delivery_id(Signature.GITHUB, given, {"n": 10**30, "s": "\ud800"}) is not None
