"""Accepts a URL or says what is wrong with it; odd spellings of hosts never get further."""

import httpx

from activities.egress.addresses import is_host_name, literal
from schemas.errors import ErrorCode, PerdureError


def accepted_url(text: str) -> httpx.URL:
    """The URL in regular form.

    Raises:
        PerdureError: `invalid_config` if it is no URL we can use, `address_denied` if its host is spelled oddly.
    """
    try:
        return checked(httpx.URL(text.strip()))
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        # The text of the URL stays out of the message: it may hold secrets.
        raise PerdureError(ErrorCode.INVALID_CONFIG, "The URL is malformed.") from error


def checked(url: httpx.URL) -> httpx.URL:
    """The URL without its fragment, if its parts are acceptable.

    Raises:
        PerdureError: as `accepted_url`.
    """
    if url.scheme not in ("http", "https"):
        raise PerdureError(ErrorCode.INVALID_CONFIG, "The URL must begin with http:// or https://.")
    if url.userinfo:
        raise PerdureError(
            ErrorCode.INVALID_CONFIG, "The URL must not hold a user name or password; use a header instead."
        )
    if not url.host:
        raise PerdureError(ErrorCode.INVALID_CONFIG, "The URL names no host.")
    host = url.raw_host.decode("ascii")
    if literal(host) is None and not is_host_name(host):
        raise PerdureError(
            ErrorCode.ADDRESS_DENIED,
            "The host of the URL is neither a plain host name nor an address in its usual spelling.",
        )
    if url.port is not None and not 0 < url.port < 65536:
        raise PerdureError(ErrorCode.INVALID_CONFIG, "The port of the URL is not between 1 and 65535.")
    return url.copy_with(fragment=None)


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Scheme, host and port: what a credential is meant for."""
    return url.scheme, url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)


def place(url: httpx.URL) -> str:
    """The URL as messages may name it: path and query can hold secrets and are left out."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
