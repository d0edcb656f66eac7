"""Webhooks: refused as a whole, or certain to start one run for each delivery."""

import asyncio
import gzip
import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from tests.support.perdure import Perdure, opened

ORDER = {"type": "object", "required": ["order"], "properties": {"order": {"type": "string"}}}


MULTIPART = (
    b"told before\r\n--x\r\nContent-Disposition: form-data; name=who\r\nX-Own: 1\r\n\r\n\xc3\xa4\r\n"
    b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\ncontent-type: text/plain\r\n\r\n1\r\n2\r\n'
    b'--x\r\nContent-Disposition: form-data; name="f"; filename="b.bin"\r\nContent-Type: image/png\r\n\r\n\x00\xff\r\n'
    b"--x--\r\ntold after"
)
MULTIPART_VALUE = {
    "who": "ä",
    "f": [
        {"filename": "a.txt", "content_type": "text/plain", "size": 4, "text": "1\r\n2"},
        {"filename": "b.bin", "content_type": "image/png", "size": 2, "base64": "AP8="},
    ],
}


async def hook(perdure: Perdure, slug: str, **content: Any) -> dict[str, Any]:
    answer = await perdure.api.post("/v1/hooks", json={"workflow": slug, "name": "Shop", **content})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def outside(perdure: Perdure) -> httpx.AsyncClient:
    """Somebody without a token."""
    return httpx.AsyncClient(transport=perdure.api._transport, base_url="http://api")


async def log(perdure: Perdure, made: dict[str, Any], **query: str) -> list[dict[str, Any]]:
    page = (await perdure.api.get(f"/v1/hooks/{made['id']}/deliveries", params=query)).json()
    found: list[dict[str, Any]] = page["items"]
    return found


async def echoing(perdure: Perdure, **document: Any) -> str:
    return await perdure.publish(
        [{"id": "a", "kind": "transform", "with": {"value": "{{ input }}"}}], output="{{ nodes.a.output }}", **document
    )


async def test_a_signed_delivery_starts_one_run_however_often_it_comes(perdure: Perdure) -> None:
    slug = await echoing(perdure, input=ORDER)
    mapping = {"order": "{{ body.order.id }}", "by": "{{ headers['user-agent'] }}", "all": "{{ query.x }}"}
    made = await hook(perdure, slug, settings={"input": mapping, "filter": "string(body.order.id) != 'test'"})
    body = '{"order": {"id": "A-7"}}'

    def signed(identity: str, text: str, at: datetime) -> dict[str, str]:
        signature = Webhook(made["secret"]).sign(identity, at, text)
        stamp = {"webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
        return {"webhook-id": identity, "content-type": "application/json", "user-agent": "shop", **stamp}

    now = datetime.now(UTC)
    async with outside(perdure) as shop:
        sent = await asyncio.gather(
            *(shop.post(made["path"] + "?x=1", content=body, headers=signed("evt_1", body, now)) for _ in range(5))
        )
        assert [one.status_code for one in sent] == [202] * 5
        runs = {one.json()["run_id"] for one in sent}
        assert len(runs) == 1
        ended = await perdure.ended(runs.pop())
        assert ended["output"] == {"order": "A-7", "by": "shop", "all": "1"}
        assert (ended["trigger"], ended["started_by"]) == ("webhook", "Webhook Shop")
        tested = '{"order": {"id": "test"}}'
        kept_out = await shop.post(made["path"], content=tested, headers=signed("evt_2", tested, now))
        assert (kept_out.status_code, kept_out.json()["status"]) == (202, "ignored")
        misfit = '{"order": {"id": 7}}'
        failed = await shop.post(made["path"] + "?x=1", content=misfit, headers=signed("evt_3", misfit, now))
        assert (failed.status_code, failed.json()["code"]) == (422, "invalid_input")
        refused = [
            (401, {"content": body + " ", "headers": signed("evt_4", body, now)}),
            (401, {"content": body, "headers": signed("evt_4", body, now - timedelta(seconds=400))}),
            (401, {"content": body, "headers": {"content-type": "application/json"}}),
            (422, {"content": "{", "headers": signed("evt_4", "{", now)}),
            (415, {"content": "a=1", "headers": signed("evt_4", "a=1", now) | {"content-type": "image/png"}}),
        ]
        for status, request in refused:
            assert (await shop.post(made["path"], **request)).status_code == status, request
        wrong = made["path"][:-1] + ("A" if made["path"][-1] != "A" else "Q")
        for path in (wrong, "/hooks/whk_x", "/hooks/x"):
            assert (await shop.post(path, content=body, headers=signed("evt_4", body, now))).status_code == 404
    statuses = [(one["status"], one["delivery_id"], one["seen"]) for one in await log(perdure, made)]
    assert statuses[-3:] == [("failed", "evt_3", 1), ("ignored", "evt_2", 1), ("started", "evt_1", 5)]
    assert {status for status, _, _ in statuses[:-3]} == {"refused"}
    assert len(statuses) == 3 + 5
    await mended_and_let_in_again(perdure, made)


async def mended_and_let_in_again(perdure: Perdure, made: dict[str, Any]) -> None:
    """What failed is tried with another mapping, first without effect, then for good."""
    failed = (await log(perdure, made, status="failed"))[0]
    settings = {**made["settings"], "input": {"order": "{{ string(body.order.id) }}"}}
    looked = await perdure.api.post(
        "/v1/hooks/preview", json={"workflow": made["workflow"], "settings": settings, "delivery": failed["id"]}
    )
    assert (looked.json()["starts"], looked.json()["input"]) == (True, {"order": "7"})
    path = f"/v1/hooks/{made['id']}"
    assert (await perdure.api.put(path, json={"name": "Shop", "settings": settings})).status_code == 200
    again = await perdure.api.post(f"{path}/deliveries/{failed['id']}/redeliver")
    assert (again.json()["status"], again.json()["repeats"]) == ("started", failed["id"])
    assert (await perdure.ended(again.json()["run_id"]))["output"] == {"order": "7"}


async def test_bodies_of_every_encoding(perdure: Perdure) -> None:
    slug = await echoing(perdure)
    made = await hook(perdure, slug, settings={"signature": "none", "answer": {"mode": "wait", "seconds": 30}})
    assert (made["secret"], made["has_secret"]) == (None, False)
    taken: list[tuple[str, bytes, Any]] = [
        ("application/json", '{"ä": [1, 2.5, null]}'.encode(), {"ä": [1, 2.5, None]}),
        ("application/vnd.x+json; charset=utf-16", '{"a": 1}'.encode("utf-16"), {"a": 1}),
        ("application/x-www-form-urlencoded", b"a=1&b=%C3%A4&a=2", {"a": ["1", "2"], "b": "ä"}),
        ("application/x-www-form-urlencoded", b"payload=%7B%22k%22%3A1%7D", {"payload": {"k": 1}}),
        ("text/plain; charset=latin-1", "grün".encode("latin-1"), "grün"),
        ("application/xml", b"<a/>", "<a/>"),
        ("", b'"x"', "x"),
        ("multipart/form-data; boundary=x", MULTIPART, MULTIPART_VALUE),
        ("multipart/form-data; boundary=x", b"--x--", {}),
    ]
    refused: list[tuple[int, str, bytes]] = [
        (422, "application/json", b'{"a": "\xff"}'),
        (422, "text/plain", b"\x00"),
        (415, "text/plain; charset=nope", b"x"),
        (415, "text/plain; charset=rot13", b"x"),
        (422, "multipart/form-data; boundary=x", MULTIPART.partition(b"--x--")[0]),
        (422, "multipart/form-data; boundary=y", MULTIPART),
        (422, "multipart/form-data", MULTIPART),
        (422, "multipart/form-data; boundary=x", MULTIPART.replace(b"; name=who", b"")),
        (422, "multipart/form-data; boundary=x", MULTIPART.replace(b"X-Own: 1", b"Content-Transfer-Encoding: base64")),
        (415, "application/octet-stream", b"x"),
        (413, "application/json", b'"' + b"x" * 1_048_577 + b'"'),
    ]
    async with outside(perdure) as sender:
        for kind, raw, value in taken:
            answer = await sender.post(made["path"], content=raw, headers={"content-type": kind} if kind else {})
            assert (answer.status_code, answer.json()) == (200, value), kind
        for status, kind, raw in refused:
            answer = await sender.post(made["path"], content=raw, headers={"content-type": kind})
            assert answer.status_code == status, (kind, answer.text)
        packed = await sender.post(made["path"], content=gzip.compress(b"{}"), headers={"content-encoding": "gzip"})
        assert packed.status_code == 415
    assert len(await log(perdure, made, status="started")) == len(taken)


async def test_a_respond_node_answers_before_the_run_has_ended(perdure: Perdure) -> None:
    nodes = [
        {"id": "say", "kind": "respond", "with": {"status": 201, "body": {"got": "{{ input.n }}"}}},
        {"id": "rest", "kind": "wait", "with": {"duration": "1h"}},
    ]
    slug = await perdure.publish(nodes, ["say>rest"])
    settings = {"signature": "none", "answer": {"mode": "wait", "seconds": 40}, "delivery_id": "body.n"}
    made = await hook(perdure, slug, settings=settings)
    async with outside(perdure) as sender:
        answer = await sender.post(made["path"], json={"n": 5})
        assert (answer.status_code, answer.json()) == (201, {"got": 5})
        again = await sender.post(made["path"], json={"n": 5})
        assert (again.status_code, again.headers["perdure-run"]) == (201, answer.headers["perdure-run"])
    run = answer.headers["perdure-run"]
    assert (await perdure.get(run))["status"] == "running"
    await perdure.control(run, "cancel")


async def test_a_flood_is_turned_away_and_a_signature_may_come_later(perdure: Perdure) -> None:
    slug = await echoing(perdure)
    settings = {"signature": "none", "per_minute": 3, "filter": "false"}
    made = await hook(perdure, slug, settings=settings)
    async with opened(perdure.services) as second, outside(perdure) as sender, outside(second) as elsewhere:
        # Whichever process of the API they reach.
        answers = [await (sender, elsewhere)[number % 2].post(made["path"], json=number) for number in range(6)]
        assert [one.status_code for one in answers] == [202] * 3 + [429] * 3
        assert all(int(one.headers["retry-after"]) >= 1 for one in answers[3:])
    assert len(await log(perdure, made)) == 3
    path, signed = f"/v1/hooks/{made['id']}", {"signature": "github", "filter": "false"}
    fresh = (await perdure.api.put(path, json={"name": "Shop", "settings": signed})).json()
    assert (fresh["has_secret"], fresh["secret"][:6], fresh["path"]) == (True, "whsec_", made["path"])
    kept = (await perdure.api.put(path, json={"name": "Shop", "settings": signed})).json()
    assert (kept["has_secret"], kept["secret"]) == (True, None)
    given = {"name": "Shop", "settings": signed, "secret": "it is no secret"}
    assert (await perdure.api.put(path, json=given)).json()["secret"] == "it is no secret"
    async with outside(perdure) as sender:
        assert (await sender.post(made["path"], json={})).status_code == 401
        for secret in (fresh["secret"], "it is no secret"):  # the one before counts for a day
            proof = "sha256=" + hmac.new(secret.encode(), b"{}", hashlib.sha256).hexdigest()
            headers = {"content-type": "application/json", "x-hub-signature-256": proof}
            assert (await sender.post(made["path"], content=b"{}", headers=headers)).status_code == 202


def hex_of(made: dict[str, Any], content: str) -> str:
    return hmac.new(made["secret"].encode(), content.encode(), hashlib.sha256).hexdigest()


Sent = tuple[dict[str, str], str]
"""Headers and body of a request."""


def of_github(made: dict[str, Any], number: int) -> Sent:
    body = f'{{"n": {number}}}'
    proof = {"x-hub-signature-256": "sha256=" + hex_of(made, body), "x-github-delivery": f"guid-{number}"}
    return {**proof, "content-type": "application/json"}, body


def of_stripe(made: dict[str, Any], number: int) -> Sent:
    body, at = f'{{"id": "evt_{number}", "n": {number}}}', int(time.time())
    proof = f"t={at},v1={hex_of(made, f'{at}.{body}')}"
    return {"stripe-signature": proof, "content-type": "application/json"}, body


def of_slack(made: dict[str, Any], number: int) -> Sent:
    return slack(made, f'{{"event_id": "Ev{number}", "n": {number}}}')


def slack(made: dict[str, Any], body: str) -> Sent:
    at = int(time.time())
    proof = {"x-slack-request-timestamp": str(at), "x-slack-signature": "v0=" + hex_of(made, f"v0:{at}:{body}")}
    return {**proof, "content-type": "application/json"}, body


def of_mailgun(made: dict[str, Any], number: int) -> Sent:
    at = int(time.time())
    signed = {"timestamp": str(at), "token": f"token-{number}", "signature": hex_of(made, f"{at}token-{number}")}
    return {"content-type": "application/x-www-form-urlencoded"}, urlencode({**signed, "n": number})


def with_attachment(made: dict[str, Any], number: int) -> Sent:
    fields = parse_qs(of_mailgun(made, number)[1])
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value[0]}' for name, value in fields.items()]
    parts.append('Content-Disposition: form-data; name="attachment-1"; filename="a.txt"\r\n\r\nHello')
    body = "".join(f"--x\r\n{part}\r\n" for part in parts) + "--x--\r\n"
    return {"content-type": "multipart/form-data; boundary=x"}, body


@pytest.mark.parametrize(
    ("style", "kind", "send"),
    [
        ("github", "webhook", of_github),
        ("stripe", "webhook", of_stripe),
        ("slack", "webhook", of_slack),
        ("mailgun", "email", of_mailgun),
        ("mailgun", "email", with_attachment),
    ],
)
async def test_each_senders_deliveries_count_once(
    perdure: Perdure, style: str, kind: str, send: Callable[[dict[str, Any], int], Sent]
) -> None:
    made = await hook(perdure, await echoing(perdure), kind=kind, settings={"signature": style})
    async with outside(perdure) as sender:

        async def told(sent: Sent) -> tuple[int, str]:
            answer = await sender.post(made["path"], headers=sent[0], content=sent[1])
            return answer.status_code, answer.json().get("status")

        first = send(made, 1)
        assert [await told(one) for one in (first, first, send(made, 2))] == [
            (202, "started"),
            (202, "repeated"),
            (202, "started"),
        ]
        assert (await told((first[0], first[1].replace("1", "7"))))[0] == 401
        if send is of_mailgun:
            # Only token and time are signed: what else is changed makes no other delivery of it.
            for more in ("&Message-Id=other", "&token=other", "&n=9"):
                assert await told((first[0], first[1] + more)) == (202, "repeated")
        if style == "slack":
            asked = slack(made, '{"type": "url_verification", "challenge": "3eZbrw1a"}')
            answer = await sender.post(made["path"], headers=asked[0], content=asked[1])
            assert (answer.status_code, answer.json()) == (200, {"challenge": "3eZbrw1a"})
            assert (
                await sender.post(made["path"], headers={**asked[0], "x-slack-signature": "v0=0"})
            ).status_code == 401
    deliveries = await log(perdure, made, status="started")
    assert len(deliveries) == 2
    run = await perdure.ended(deliveries[0]["run_id"])
    assert str(run["output"]["n"]) == "2"
    assert run["trigger"] == kind
    if style == "github":
        await replayed_under_another_id(perdure, made)


async def replayed_under_another_id(perdure: Perdure, made: dict[str, Any]) -> None:
    """GitHub signs no id: a replay is told by what the hook calls a delivery, or not at all."""
    one_of_a_kind = {"name": "Shop", "settings": {"signature": "github", "delivery_id": "body.n"}}
    async with outside(perdure) as sender:

        async def told(number: int, guid: str) -> str:
            headers, body = of_github(made, number)
            answer = await sender.post(made["path"], headers={**headers, "x-github-delivery": guid}, content=body)
            return str(answer.json()["status"])

        assert await told(1, "another") == "started"
        assert (await perdure.api.put(f"/v1/hooks/{made['id']}", json=one_of_a_kind)).status_code == 200
        assert [await told(3, guid) for guid in ("guid-3", "another")] == ["started", "repeated"]


async def test_who_guesses_addresses_is_slowed_down(perdure: Perdure) -> None:
    made = await hook(perdure, await echoing(perdure), settings={"signature": "none", "filter": "false"})
    async with outside(perdure) as guesser:
        # What is taken from the bucket comes back while this goes on.
        answers = [await guesser.post(f"/hooks/whk_{number}", json={}) for number in range(200)]
        statuses = [one.status_code for one in answers]
        assert statuses[:120] == [404] * 120
        assert set(statuses) == {404, 429}
        assert all(int(one.headers["retry-after"]) >= 1 for one in answers if one.status_code == 429)
        # Whoever knows an address is not concerned.
        assert (await guesser.post(made["path"], json={})).status_code == 202
