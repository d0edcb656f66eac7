"""The actions that come with providers: what a call of each is, and that no argument leads it elsewhere."""

import base64
import json
from email import message_from_bytes
from email.policy import default
from typing import Any
from urllib.parse import urlsplit

import pytest

from activities.connections.requests import address, checked, headers_and_body
from schemas.connections.actions import ConnectionAction, offered
from schemas.connections.providers import PROVIDERS, Provider
from schemas.errors import PerdureError
from schemas.nodes.http_request import READING

ACTIONS = [(provider, action) for provider in PROVIDERS.values() for action in provider.actions]
HOSTILE = "../../x?y=1#z%2f\\@evil.example/ä"


def sample(schema: dict[str, Any], text: str) -> Any:
    """A value that fits a simple schema."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "string" | ["string", *_]:
            return "ada@example.com" if "@" in str(schema.get("examples", "")) else text
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "array":
            return [sample(schema.get("items", {}), text)]
        case "object":
            return {name: sample(one, text) for name, one in schema.get("properties", {}).items()}
    return text


def base_of(provider: Provider, action: ConnectionAction) -> str:
    assert provider.endpoints is not None
    return action.api_url or provider.endpoints.api_url


async def called(provider: Provider, action: ConnectionAction, given: dict[str, Any]) -> tuple[str, bytes | None]:
    arguments = await checked(action, given)
    url = address(action, base_of(provider, action), arguments)
    return f"{action.method} {url}", headers_and_body(action, arguments)[1]


@pytest.mark.parametrize(("provider", "action"), ACTIONS, ids=[f"{one.name}/{two.name}" for one, two in ACTIONS])
async def test_every_action_stays_where_its_provider_is(provider: Provider, action: ConnectionAction) -> None:
    properties, base = action.input_schema["properties"], base_of(provider, action)
    required = {name: sample(properties[name], "x") for name in action.input_schema.get("required", [])}
    everything = {name: sample(schema, "x") for name, schema in properties.items()}
    for given in (required, everything):
        url, body = await called(provider, action, given)
        assert url.startswith(f"{action.method} {base}/")
        assert "{" not in url
        assert b"{text}" not in (body or b"")
    if action.mail is None:
        hostile = {name: sample(schema, HOSTILE) for name, schema in properties.items()}
        url = address(action, base, hostile)
        plain = address(action, base, everything)
        assert urlsplit(url)[:2] == urlsplit(plain)[:2] == urlsplit(base)[:2]
        assert urlsplit(url).path.count("/") == urlsplit(plain).path.count("/")
        assert urlsplit(url).fragment == ""
    assert offered(action).input_schema == action.input_schema
    assert (action.effect == "read") or action.method not in READING


MAIL = {"to": ["ada@example.com"], "subject": "Grüße", "text": "Hello"}
CALLS: list[tuple[str, str, dict[str, Any], str, Any]] = [
    (
        "google",
        "list_events",
        {"calendar": "ada@example.com", "timeMin": "2027-01-01T00:00:00Z"},
        "GET https://www.googleapis.com/calendar/v3/calendars/ada%40example.com/events?timeMin=2027-01-01T00%3A00%3A00Z",
        None,
    ),
    (
        "microsoft",
        "list_mail",
        {"filter": "isRead eq false", "top": 5},
        "GET https://graph.microsoft.com/v1.0/me/messages?%24top=5&%24filter=isRead%20eq%20false",
        None,
    ),
    (
        "github",
        "close_issue",
        {"owner": "o", "repo": "r", "issue_number": 7, "reason": "completed"},
        "PATCH https://api.github.com/repos/o/r/issues/7",
        {"state": "closed", "state_reason": "completed"},
    ),
    (
        "slack",
        "post_message",
        {"channel": "#sales", "text": "Hi {text}"},
        "POST https://slack.com/api/chat.postMessage",
        {"channel": "#sales", "text": "Hi {text}"},
    ),
]


@pytest.mark.parametrize(("provider", "name", "arguments", "url", "body"), CALLS)
async def test_what_a_call_is(provider: str, name: str, arguments: dict[str, Any], url: str, body: Any) -> None:
    [action] = [one for one in PROVIDERS[provider].actions if one.name == name]
    found, sent = await called(PROVIDERS[provider], action, arguments)
    assert found.replace("+", "%20") == url
    assert (None if sent is None else json.loads(sent)) == body


@pytest.mark.parametrize("provider", ["google", "microsoft"])
async def test_mails_are_sent_as_each_api_has_them(provider: str) -> None:
    [action] = [one for one in PROVIDERS[provider].actions if one.name == "send_mail"]
    _, sent = await called(PROVIDERS[provider], action, MAIL)
    assert sent is not None
    raw = base64.urlsafe_b64decode(json.loads(sent)["raw"]) if provider == "google" else base64.b64decode(sent)
    mail = message_from_bytes(raw, policy=default)
    assert (mail["to"], mail["subject"], mail.get_content().strip()) == ("ada@example.com", "Grüße", "Hello")
    for name in ("to", "subject"):
        with pytest.raises(PerdureError):
            await called(PROVIDERS[provider], action, {**MAIL, name: _smuggling(name)})


def _smuggling(name: str) -> Any:
    value = "ada@example.com\r\nBcc: eve@example.com"
    return [value] if name == "to" else value
