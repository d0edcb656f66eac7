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

from activities.egress import EgressRequest, EgressResponse
from activities.step import Outcome, StepContext
from activities.text import clean_output, clean_text
from schemas.errors import ErrorCode, PerdureError
from schemas.nodes.http_request import HttpRequestConfig

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
    response = await context.services.egress.send(_request(config, context))
    return Outcome(output=await asyncio.to_thread(_output, response))


def _request(config: HttpRequestConfig, context: StepContext) -> EgressRequest:
    headers = dict(config.headers)
    if config.idempotency_header:
        _set_default(headers, config.idempotency_header, context.step.idempotency_key)
    return EgressRequest(
        method=config.method,
        url=_with_query(config.url, config.query),
        headers=headers,
        body=_body(config, headers),
        expect=frozenset(config.expect),
        timeout=context.timeout,
        max_bytes=config.max_bytes,
        follow_redirects=config.follow_redirects,
    )


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


def _with_query(url: str, query: dict[str, Any]) -> str:
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


def _output(response: EgressResponse) -> dict[str, Any]:
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
