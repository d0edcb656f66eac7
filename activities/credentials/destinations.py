"""Where a credential may be sent."""

from collections.abc import Iterable

import httpx

from activities.egress.urls import accepted_url, origin
from schemas.errors import PerdureError


def same_origin(url: str, written: str) -> bool:
    """Whether a URL leads to the scheme, host and port that are written in the document.

    Raises:
        PerdureError: The URL cannot be used at all.
    """
    target = origin(accepted_url(url))
    try:
        return target == origin(accepted_url(written))
    except PerdureError:
        return False


def covered(url: str, hosts: Iterable[str]) -> bool:
    """Whether a URL leads to one of the hosts, each written `host`, `host:port` or `*.domain`.

    Raises:
        PerdureError: The URL cannot be used at all.
    """
    accepted = accepted_url(url)
    return any(_covers(rule, accepted) for rule in hosts)


def _covers(rule: str, url: httpx.URL) -> bool:
    _, host, port = origin(url)
    name, _, wanted = rule.partition(":")
    if wanted and int(wanted) != port:
        return False
    return host.endswith(name[1:]) if name.startswith("*.") else host == name


def host_of(url: str) -> str:
    """The host of a URL that was accepted, for messages."""
    return origin(accepted_url(url))[1]
