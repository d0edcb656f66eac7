"""`web_fetch`: reads an address through the egress client; HTML becomes Markdown."""

import asyncio
import codecs
import re
from typing import Any, Final

from activities.credentials.destinations import covered, host_of
from activities.egress import EgressRequest, EgressResponse
from activities.egress.urls import accepted_url
from activities.step import Outcome, StepContext
from activities.tools.markdown import Page, page_of
from schemas.errors import ErrorCode, PerdureError
from schemas.tools.types.web_fetch import WebFetchSettings

_ACCEPT: Final = "text/html, application/xhtml+xml, text/markdown, text/plain, application/json;q=0.9, */*;q=0.5"
_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
_HEADER_CHARSET: Final = re.compile(r"charset=[\"']?([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
_CHARSETS: Final = frozenset({"utf-8", "iso8859-1", "iso8859-15", "cp1252", "ascii", "gbk", "gb18030", "shift_jis"})
_TEXT: Final = ("text/", "application/json", "application/xml", "application/yaml", "application/x-yaml")


async def run(settings: WebFetchSettings, name: str, arguments: dict[str, Any], context: StepContext) -> Outcome:
    """Reads a piece of a page.

    Raises:
        PerdureError: `forbidden` hosts are `address_denied`; `upstream_refused` for what is no text; and what
            `Egress.send` raises.
    """
    url, start = _readable(arguments["url"]), arguments.get("start", 0)
    if settings.hosts and not covered(url, settings.hosts):
        raise PerdureError(ErrorCode.ADDRESS_DENIED, f"This tool may not read {host_of(url)}.")
    response = await context.services.egress.send(
        EgressRequest(
            method="GET",
            url=url,
            headers={"accept": _ACCEPT},
            timeout=context.timeout,
            max_bytes=settings.max_bytes,
            # A redirect could lead away from the hosts that may be read.
            follow_redirects=not settings.hosts,
        )
    )
    page = await asyncio.to_thread(_page, response, url)
    return Outcome(output=_piece(page, url, start, settings.max_chars))


def _readable(url: str) -> str:
    """The address, if it is one; else the model must give another."""
    try:
        return str(accepted_url(url))
    except PerdureError as error:
        code = ErrorCode.INVALID_INPUT if error.code is ErrorCode.INVALID_CONFIG else error.code
        raise PerdureError(code, error.info.message) from None


def _piece(page: Page, url: str, start: int, length: int) -> dict[str, Any]:
    end = start + length
    more = {"next": end} if end < len(page.markdown) else {}
    title = {"title": page.title} if page.title else {}
    return {"url": url, **title, "content": page.markdown[start:end], "characters": len(page.markdown), **more}


def _page(response: EgressResponse, url: str) -> Page:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml") or (not kind and b"<html" in response.body[:2_000].lower()):
        return page_of(_decoded(response), url)
    if kind.startswith(_TEXT) or kind.endswith(("+json", "+xml")) or (not kind and b"\0" not in response.body):
        return Page("", _decoded(response))
    raise PerdureError(ErrorCode.UPSTREAM_REFUSED, f"This address gives {kind or 'no text'}, which cannot be read.")


def _decoded(response: EgressResponse) -> str:
    told = _HEADER_CHARSET.search(response.headers.get("content-type", ""))
    found = _CHARSET.search(response.body[:2_000])
    name = told[1] if told else found[1].decode("ascii") if found else "utf-8"
    try:
        charset = codecs.lookup(name).name
    except LookupError:
        charset = "utf-8"
    return response.body.decode(charset if charset in _CHARSETS else "utf-8", "replace")
