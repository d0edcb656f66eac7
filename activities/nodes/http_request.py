"""`http_request`: one request through the egress client."""

import asyncio
import base64
import codecs
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import orjson

from activities.credentials.authentication import authentication
from activities.egress import EgressRequest, EgressResponse
from activities.step import Outcome, StepContext
from activities.text import clean_output, clean_text
from schemas.errors import ErrorCode, PerdureError
from schemas.nodes.http_request import SPEC, HttpRequestConfig

_TEXT_TYPES = frozenset(
    {
        "application/ecmascript",
        "application/javascript",
        "application/x-javascript",
        "application/x-ndjson",
        "application/x-www-form-urlencoded",
        "application/x-yaml",
        "application/xml",
        "application/yaml",
    }
)
_CHARSET = re.compile(r";\s*charset=[\"']?([\w.:-]{1,40})", re.IGNORECASE)
# The only decoders that an answer may choose: some others in Python are very slow on hostile text.
_CHARSETS = frozenset(
    codecs.lookup(name).name
    for name in (
        "ascii",
        "big5",
        "cp1250",
        "cp1251",
        "cp1252",
        "euc_jp",
        "euc_kr",
        "gb18030",
        "gb2312",
        "gbk",
        "iso8859-1",
        "iso8859-2",
        "iso8859-15",
        "koi8-r",
        "shift_jis",
        "utf-16",
        "utf-16-be",
        "utf-16-le",
        "utf-8",
    )
)


async def run(config: HttpRequestConfig, context: StepContext) -> Outcome:
    """Sends the request and returns status, headers and body.

    Raises:
        PerdureError: what `Egress.send` raises.
    """
    request = _request(config, context)
    if context.delivery is not None and config.idempotency_header:
        context.delivery.key = _value(request.headers, config.idempotency_header)
    response = await context.services.egress.send(request)
    return Outcome(output=await asyncio.to_thread(described_answer, response))


def _request(config: HttpRequestConfig, context: StepContext) -> EgressRequest:
    opened = context.credentials.named(config.model_dump(include={"credential", "url"}), *SPEC.credential_types)
    proof, filled = authentication(opened), context.credentials.places
    added = {name.lower() for name in proof.headers}
    headers = {name: value for name, value in config.headers.items() if name.lower() not in added} | proof.headers
    if config.idempotency_header:
        _set_default(headers, config.idempotency_header, context.step.idempotency_key)
    return EgressRequest(
        method=config.method,
        url=with_query(proof.in_address(config.url), config.query | proof.query),
        headers=headers,
        secret_headers=frozenset(added | {str(place[1]).lower() for place in filled if place[0] == "headers"}),
        secret_body=any(place[0] == "json" for place in filled),
        body=_body(config, headers),
        expect=frozenset(config.expect),
        timeout=context.timeout,
        max_bytes=config.max_bytes,
        follow_redirects=config.follow_redirects,
        watch=context.delivery,
    )


def _value(headers: dict[str, str], name: str) -> str | None:
    return next((value for known, value in headers.items() if known.lower() == name.lower()), None)


def _set_default(headers: dict[str, str], name: str, value: str) -> None:
    if name.lower() not in {existing.lower() for existing in headers}:
        headers[name] = value


def _body(config: HttpRequestConfig, headers: dict[str, str]) -> bytes | None:
    if config.json_body is not None:
        _set_default(headers, "content-type", "application/json")
        return orjson.dumps(clean_output(config.json_body))
    if config.body is not None:
        _set_default(headers, "content-type", "text/plain; charset=utf-8")
        return clean_text(config.body).encode()
    return None


def with_query(url: str, query: dict[str, Any]) -> str:
    """An address with further parameters."""
    added = urlencode(list(_parameters(clean_output(query))))
    if not added:
        return url
    address, hash_sign, fragment = url.partition("#")
    joint = "?" if "?" not in address else "" if address.endswith(("?", "&")) else "&"
    return f"{address}{joint}{added}{hash_sign}{fragment}"


def _parameters(query: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in query.items():
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield name, item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)


def described_answer(response: EgressResponse) -> dict[str, Any]:
    """Status, headers and body of an answer, as steps give them back."""
    output: dict[str, Any] = {"status": response.status, "headers": response.headers}
    content_type, charset = _content_type(response)
    if _is_json(content_type):
        output["body"] = _parsed(response.body)
    elif charset is not None or _is_text(content_type, response.body):
        output["body"] = response.body.decode(charset or "utf-8", "replace")
    else:
        output["body"] = base64.b64encode(response.body).decode("ascii")
        output["base64"] = True
    return output


def _content_type(response: EgressResponse) -> tuple[str, str | None]:
    value = response.headers.get("content-type", "")
    named = _CHARSET.search(value)
    try:
        charset = codecs.lookup(named[1]).name if named else ""
    except (LookupError, ValueError):
        charset = ""
    return value.partition(";")[0].strip().lower(), charset if charset in _CHARSETS else None


def _is_json(content_type: str) -> bool:
    return content_type == "application/json" or content_type.endswith("+json")


def _is_text(content_type: str, body: bytes) -> bool:
    if content_type.startswith("text/") or content_type in _TEXT_TYPES or content_type.endswith("+xml"):
        return True
    return not body


def _parsed(body: bytes) -> Any:
    """JSON as data; as text if it is none after all, and null if there is nothing."""
    text = body.decode("utf-8-sig", "replace")
    if not text.strip():
        return None
    try:
        return json.loads(text, parse_constant=lambda name: None)
    except RecursionError as error:
        raise PerdureError(ErrorCode.RESULT_TOO_LARGE, "The JSON of the answer is nested too deep.") from error
    except ValueError:
        return text
