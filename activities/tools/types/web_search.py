"""`web_search`: one request to a provider; what it answers becomes results of one shape."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import orjson

from activities.credentials.authentication import Authentication, authentication
from activities.credentials.vault import Opened
from activities.egress import EgressRequest
from activities.step import Outcome, StepContext
from activities.text import clean_text
from schemas.errors import ErrorCode, PerdureError
from schemas.tools.types.web_search import ADDRESSES, SPEC, WebSearchSettings

MAX_EXCERPT_CHARS: Final = 1_500
_MAX_TITLE_CHARS: Final = 300
_SECONDS: Final = 20.0


@dataclass(frozen=True)
class _Asked:
    query: str
    count: int
    recent: str | None
    settings: WebSearchSettings


@dataclass(frozen=True)
class _Question:
    """A request, without authentication."""

    address: str
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None


async def run(settings: WebSearchSettings, name: str, arguments: dict[str, Any], context: StepContext) -> Outcome:
    """Searches.

    Raises:
        PerdureError: what `Egress.send` raises, `missing_credential`, `forbidden`, and `upstream_failed` for an answer
            that is none.
    """
    count = min(arguments.get("count", settings.max_results), settings.max_results)
    asked = _Asked(arguments["query"], count, arguments.get("recent"), settings)
    provider = _PROVIDERS[settings.provider]
    address = settings.url or ADDRESSES[settings.provider]
    opened = context.credentials.named({"credential": settings.credential, "url": address}, *SPEC.credential_types)
    answer = await context.services.egress.send(
        _request(provider.question(address, asked), provider.proof(opened), context)
    )
    return Outcome(output={"results": _results(answer.body, provider, count)})


def _request(question: _Question, proof: Authentication, context: StepContext) -> EgressRequest:
    query = urlencode(question.query | proof.query)
    address = proof.in_address(question.address)
    body = None if question.body is None else orjson.dumps(question.body)
    return EgressRequest(
        method="GET" if body is None else "POST",
        url=f"{address}?{query}" if query else address,
        headers={"accept": "application/json", **({} if body is None else {"content-type": "application/json"})}
        | proof.headers,
        body=body,
        timeout=_SECONDS if context.timeout is None else min(_SECONDS, context.timeout),
        follow_redirects=False,
        secret_headers=frozenset(name.lower() for name in proof.headers),
    )


def _results(body: bytes, provider: "_Provider", count: int) -> list[dict[str, Any]]:
    try:
        found = provider.results(orjson.loads(body))
        return [_result(provider, row) for row in found if _is_address(row.get("url"))][:count]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        message = "The search engine answered something that is no list of results."
        raise PerdureError(ErrorCode.UPSTREAM_FAILED, message) from None


def _result(provider: "_Provider", row: dict[str, Any]) -> dict[str, Any]:
    excerpt, published = row.get(provider.excerpt), row.get(provider.published)
    result = {
        "title": clean_text(str(row.get("title") or ""))[:_MAX_TITLE_CHARS],
        "url": row["url"],
        "excerpt": clean_text(str(excerpt or ""))[:MAX_EXCERPT_CHARS],
    }
    return result | ({"published": str(published)[:40]} if published else {})


def _is_address(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 4_000 and urlsplit(value).scheme in ("http", "https")


@dataclass(frozen=True)
class _Provider:
    question: Callable[[str, _Asked], _Question]
    proof: Callable[[Opened | None], Authentication]
    results: Callable[[Any], list[dict[str, Any]]]
    excerpt: str
    published: str


def _key(opened: Opened | None) -> str:
    """The key in a credential, whatever its type."""
    if opened is None:
        raise PerdureError(ErrorCode.MISSING_CREDENTIAL, "This search engine needs a key.")
    return next(value for name, value in opened.secret.items() if name in ("key", "token", "value", "password"))


def _brave(address: str, asked: _Asked) -> _Question:
    recent = {"freshness": f"p{asked.recent[0]}"} if asked.recent else {}
    where = {"country": asked.settings.country.upper()} if asked.settings.country else {}
    language = {"search_lang": asked.settings.language} if asked.settings.language else {}
    return _Question(address, {"q": asked.query, "count": str(asked.count)} | recent | where | language)


def _tavily(address: str, asked: _Asked) -> _Question:
    recent = {"time_range": asked.recent} if asked.recent else {}
    return _Question(address, body={"query": asked.query, "max_results": asked.count} | recent)


def _searxng(address: str, asked: _Asked) -> _Question:
    recent = {"time_range": asked.recent} if asked.recent else {}
    language = {"language": asked.settings.language} if asked.settings.language else {}
    searching = address if address.rstrip("/").endswith("/search") else f"{address.rstrip('/')}/search"
    return _Question(searching, {"q": asked.query, "format": "json"} | recent | language)


_PROVIDERS: Final = {
    "brave": _Provider(
        question=_brave,
        proof=lambda opened: Authentication(headers={"X-Subscription-Token": _key(opened)}),
        results=lambda answer: answer.get("web", {}).get("results", []),
        excerpt="description",
        published="page_age",
    ),
    "tavily": _Provider(
        question=_tavily,
        proof=lambda opened: Authentication(headers={"Authorization": f"Bearer {_key(opened)}"}),
        results=lambda answer: answer["results"],
        excerpt="content",
        published="published_date",
    ),
    "searxng": _Provider(
        question=_searxng,
        proof=authentication,
        results=lambda answer: answer["results"],
        excerpt="content",
        published="publishedDate",
    ),
}
