"""The OpenAI embeddings route: words hashed into a small unit vector, so that like texts are near each other."""

import base64
import math
import re
import struct
from hashlib import blake2b
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.conversation import count_tokens

DIMENSIONS = 64


async def serve(request: Request) -> Response:
    """`POST /v1/embeddings`."""
    body = await request.json()
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    size = body.get("dimensions") or DIMENSIONS
    encode = _base64 if body.get("encoding_format") == "base64" else list
    data: list[dict[str, Any]] = [
        {"object": "embedding", "index": index, "embedding": encode(embed(str(text), size))}
        for index, text in enumerate(texts)
    ]
    tokens = sum(count_tokens(str(text)) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return JSONResponse({"object": "list", "data": data, "model": body.get("model"), "usage": usage})


def embed(text: str, size: int = DIMENSIONS) -> list[float]:
    """A unit vector for a text."""
    vector = [0.0] * size
    for word in re.findall(r"\w+", text.lower()):
        digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        vector[int.from_bytes(digest[:6]) % size] += 1.0 if digest[7] % 2 else -1.0
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / length for value in vector]


def _base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
