"""Follows redirects by the rules of browsers, and drops what the next server must not see."""

from dataclasses import replace

import httpx

from activities.egress.messages import EgressRequest
from activities.egress.urls import checked, origin, place
from schemas.errors import ErrorCode, PerdureError

MAX_REDIRECTS = 5
_STATUSES = frozenset({301, 302, 303, 307, 308})
_CROSS_ORIGIN_HEADERS = frozenset({"accept", "accept-language", "content-type", "user-agent"})
_BODY_HEADERS = frozenset({"content-type", "content-language", "content-encoding", "content-location"})


def is_redirect(response: httpx.Response) -> bool:
    """Whether the answer sends us elsewhere."""
    return response.status_code in _STATUSES and "location" in response.headers


def redirected(request: EgressRequest, url: httpx.URL, response: httpx.Response) -> tuple[EgressRequest, httpx.URL]:
    """The next request.

    Every header that a caller set may be a credential, so across origins only the plain ones are kept.

    Raises:
        PerdureError: if the new URL is not acceptable, or leads from https to http.
    """
    target = _target(url, response)
    if url.scheme == "https" and target.scheme == "http":
        raise PerdureError(ErrorCode.UPSTREAM_REFUSED, f"{place(url)} redirects from https to http.")
    headers, method, body = request.headers, request.method, request.body
    if becomes_get(response.status_code, method):
        method, body = "GET", None
        headers = {name: value for name, value in headers.items() if name.lower() not in _BODY_HEADERS}
    if origin(url) != origin(target):
        if request.secret_body and body is not None:
            raise PerdureError(
                ErrorCode.UPSTREAM_REFUSED,
                f"{place(url)} redirects a request whose body holds a credential to another server.",
            )
        kept = _CROSS_ORIGIN_HEADERS - request.secret_headers
        headers = {name: value for name, value in headers.items() if name.lower() in kept}
    return replace(request, method=method, body=body, headers=headers), target


def _target(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    try:
        return checked(url.join(response.headers["location"]))
    except (httpx.InvalidURL, ValueError) as error:
        raise PerdureError(ErrorCode.UPSTREAM_REFUSED, f"{place(url)} redirects to a malformed URL.") from error


def becomes_get(status: int, method: str) -> bool:
    """Whether the next request only reads what this one has led to."""
    return (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST")
