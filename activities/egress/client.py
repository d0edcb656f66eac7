"""The client: one request with its redirects, inside its bounds of address, size and time."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any, Self

import httpcore
import httpx

from activities.egress.addresses import AddressPolicy, is_host_name, literal
from activities.egress.bodies import ACCEPT_ENCODING, read_beginning, read_body
from activities.egress.errors import EXCERPT_BYTES, status_error, transport_error
from activities.egress.headers import accepted_headers
from activities.egress.messages import EgressRequest, EgressResponse, Watch
from activities.egress.network import Resolver, denied, permitted_addresses, system_resolver
from activities.egress.redirects import MAX_REDIRECTS, becomes_get, is_redirect, redirected
from activities.egress.settings import EgressSettings
from activities.egress.transport import GuardedTransport
from activities.egress.urls import accepted_url, origin, place
from schemas.errors import ErrorCode, PerdureError

_DEFAULT_HEADERS = {"user-agent": "Perdure", "accept": "*/*", "accept-encoding": ACCEPT_ENCODING}
_TRANSPORT_ERRORS = (
    httpx.HTTPError,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


class Egress:
    """Sends HTTP requests for steps. Shared by all of them; keeps no cookies and no credentials.

    Args:
        settings: Bounds and allowed destinations.
        resolver: Finds the addresses of a host name.
    """

    def __init__(self, settings: EgressSettings, resolver: Resolver = system_resolver) -> None:
        self._settings = settings
        self._policy = AddressPolicy(settings.allow)
        self._resolver = resolver
        # No httpx client around it: its cookie jar would carry one workspace's session into another's requests.
        self._transport = GuardedTransport(settings, resolver)
        idle, connect = settings.idle_timeout, settings.connect_timeout
        self._timeouts = httpx.Timeout(idle, connect=connect, pool=None).as_dict()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._transport.aclose()

    async def addresses(self, host: str, port: int) -> list[str]:
        """Addresses of a host that is reached by another protocol than HTTP; the connection must go to one of them.

        Raises:
            PerdureError: `address_denied` if any of them may not be reached, `network` if there is none.
        """
        if literal(host) is None and not is_host_name(host):
            raise PerdureError(ErrorCode.ADDRESS_DENIED, "This is neither a plain host name nor an address.")
        return [str(address) for address in await permitted_addresses(self._policy, self._resolver, host, port)]

    async def send(self, request: EgressRequest) -> EgressResponse:
        """Sends a request, follows its redirects and reads the answer.

        Raises:
            PerdureError: `address_denied`, `network`, `timeout`, `upstream_failed` (5xx), `rate_limited` (429, with
                `retry_after`), `upstream_refused` (any other status that is not expected), `result_too_large` or
                `invalid_config`.
        """
        url = accepted_url(request.url)
        request = replace(request, headers=accepted_headers(request.headers))
        limit = request.timeout or self._settings.total_timeout
        clock = asyncio.timeout(limit)
        try:
            async with clock:
                return await self._follow(request, url)
        except TimeoutError as error:
            if not clock.expired():
                raise
            raise PerdureError(
                ErrorCode.TIMEOUT, f"{place(url)} did not answer completely within {limit:g} seconds."
            ) from error

    async def _follow(self, request: EgressRequest, url: httpx.URL) -> EgressResponse:
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._hop(request, url)
            if isinstance(answer, EgressResponse):
                return answer
            request, url = answer
        raise PerdureError(
            ErrorCode.UPSTREAM_REFUSED, f"{place(url)} is the end of more than {MAX_REDIRECTS} redirects."
        )

    async def _hop(self, request: EgressRequest, url: httpx.URL) -> EgressResponse | tuple[EgressRequest, httpx.URL]:
        self._check_spelled_address(url)
        try:
            response = await self._transport.handle_async_request(self._built(request, url))
            async with aclosing(response):
                if request.follow_redirects and is_redirect(response) and response.status_code not in request.expect:
                    # Whoever sends us on to read something has done what we asked.
                    _tell(request, response, done=becomes_get(response.status_code, request.method))
                    return redirected(request, url, response)
                _tell(request, response, done=request.expects(response.status_code))
                return await self._answer(request, url, response)
        except _TRANSPORT_ERRORS as error:
            raise transport_error(url, error) from error

    async def _answer(self, request: EgressRequest, url: httpx.URL, response: httpx.Response) -> EgressResponse:
        if not request.expects(response.status_code):
            beginning = b""
            with suppress(PerdureError, *_TRANSPORT_ERRORS):
                beginning = await read_beginning(url, response, EXCERPT_BYTES)
            raise status_error(request.method, url, response, beginning)
        has_body = request.keep_body and request.method != "HEAD"
        body = await read_body(url, response, request.max_bytes, request.until) if has_body else b""
        headers = {name.lower(): value for name, value in response.headers.items()}
        return EgressResponse(status=response.status_code, headers=headers, body=body)

    def _built(self, request: EgressRequest, url: httpx.URL) -> httpx.Request:
        return httpx.Request(
            request.method,
            url,
            headers={**_DEFAULT_HEADERS, **{name.lower(): value for name, value in request.headers.items()}},
            content=request.body,
            extensions={"timeout": self._timeouts} | _trace(request, url),
        )

    def _check_spelled_address(self, url: httpx.URL) -> None:
        """Refuses a private address in a URL before a proxy could connect to it."""
        _, host, port = origin(url)
        address = literal(host)
        if address is not None and not self._policy.permits(host, port, address):
            raise denied(host)


def _tell(request: EgressRequest, response: httpx.Response, *, done: bool) -> None:
    if request.watch is not None:
        request.watch.answered(response.status_code, done=done)


def _trace(request: EgressRequest, url: httpx.URL) -> dict[str, Any]:
    """Lets the watch of a request know when its first byte is about to leave: then a connection stands already."""
    return {} if request.watch is None else {"trace": _told(request.watch, f"{request.method} {place(url)}")}


def _told(watch: Watch, to: str) -> Callable[[str, dict[str, Any]], Awaitable[None]]:
    async def tell(event: str, info: dict[str, Any]) -> None:
        # A proxy is asked for a tunnel first, which does nothing yet.
        if event == "http11.send_request_headers.started" and info["request"].method != b"CONNECT":
            await watch.leaving(to)

    return tell
