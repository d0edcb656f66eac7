"""An outgoing request and its answer, as behaviours see them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

MAX_BODY_BYTES = 1_000_000


class Watch(Protocol):
    """Follows a request that must not be sent twice."""

    async def leaving(self, to: str) -> None:
        """Its first byte goes out as soon as this returns, and not at all if it raises."""

    def answered(self, status: int, *, done: bool) -> None:
        """The head of an answer has come; `done` if the server has carried the request out."""


@dataclass(frozen=True)
class EgressRequest:
    """One request; redirects and bounds included.

    Args:
        url: http or https; no user information inside.
        body: Sent as it is; the caller sets its `content-type`.
        expect: Status codes that count as success; 200 to 299 if empty.
        timeout: Seconds in all, redirects and reading included; None takes the configured default.
        max_bytes: Longest answer, counted after decompression.
        keep_body: False closes the connection after the head of the answer.
        secret_headers: Names in lower case of headers that no other server may see.
        secret_body: Whether no other server may see the body either.
        watch: Is told what becomes of it.
        until: Whether what has come of a successful answer is enough; then the rest is not waited for.
    """

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    expect: frozenset[int] = frozenset()
    timeout: float | None = None
    max_bytes: int = MAX_BODY_BYTES
    follow_redirects: bool = True
    keep_body: bool = True
    secret_headers: frozenset[str] = frozenset()
    secret_body: bool = False
    watch: Watch | None = None
    until: Callable[[bytes], bool] | None = None

    def expects(self, status: int) -> bool:
        """Whether a status is a success."""
        return status in self.expect if self.expect else 200 <= status <= 299


@dataclass(frozen=True)
class EgressResponse:
    """A successful answer.

    Args:
        headers: Names in lower case; repeated ones joined by a comma.
        body: Decompressed.
    """

    status: int
    headers: dict[str, str]
    body: bytes
