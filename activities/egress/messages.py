"""An outgoing request and its answer, as behaviours see them."""

from dataclasses import dataclass, field

MAX_BODY_BYTES = 1_000_000


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
