"""What the behaviour of an inline or control kind gives back."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NodeOutcome:
    """A finished node: the port it leaves through and its output."""

    output: Any = None
    port: str = "out"
