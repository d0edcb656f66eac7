"""The OpenAI embeddings route: words hashed into a small unit vector, so that like texts are near each other."""

import base64
import math
import re
import struct
from hashlib import blake2b
from typing import Any

from simulator.conversation import Question, Turn, Usage, count_tokens
from simulator.markers import without_markers

DIMENSIONS = 64


def read(body: dict[str, Any]) -> Question:
    """The texts in a request body, as what is said to a model.

    Raises:
        KeyError, ValueError: if there are none, or an empty one.
    """
    if not all(texts(body)) or not texts(body):
        raise ValueError("input cannot be an empty string")
    return Question(body["model"], "", tuple(Turn("user", text) for text in texts(body)))


def answer(body: dict[str, Any], usage: Usage) -> dict[str, Any]:
    """The vectors of the texts in a request body."""
    size = body.get("dimensions") or DIMENSIONS
    encode = _base64 if body.get("encoding_format") == "base64" else list
    data: list[dict[str, Any]] = [
        {"object": "embedding", "index": index, "embedding": encode(embed(text, size))}
        for index, text in enumerate(texts(body))
    ]
    counts = {"prompt_tokens": usage.tokens_in, "total_tokens": usage.tokens_in}
    return {"object": "list", "data": data, "model": body.get("model"), "usage": counts}


def texts(body: dict[str, Any]) -> list[str]:
    """The texts in a request body."""
    return [str(text) for text in (body["input"] if isinstance(body["input"], list) else [body["input"]])]


def usage(body: dict[str, Any]) -> Usage:
    """Tokens of the texts."""
    return Usage(sum(count_tokens(text) for text in texts(body)), 0)


def embed(text: str, size: int = DIMENSIONS) -> list[float]:
    """A unit vector for a text."""
    vector = [0.0] * size
    for word in re.findall(r"\w+", without_markers(text).lower()):
        digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        vector[int.from_bytes(digest[:6]) % size] += 1.0 if digest[7] % 2 else -1.0
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / length for value in vector]


def _base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
