"""The HTTP server of a worker: /healthz (alive), /readyz (works, or says what is missing) and /metrics (Prometheus)."""

import contextlib
from collections.abc import Awaitable, Callable

import httpx
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Faults = Callable[[], Awaitable[dict[str, str]]]
"""What is wrong, by subject; empty if the worker is ready."""


def health_app(faults: Faults, core_metrics_url: str | None = None) -> Starlette:
    """The application.

    Args:
        faults: Asked at each call of /readyz.
        core_metrics_url: Where Temporal's core serves its own metrics; they are appended to ours.
    """

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        found = await faults()
        return JSONResponse({"ready": not found, "faults": found}, status_code=503 if found else 200)

    async def metrics(_: Request) -> Response:
        body = generate_latest()
        if core_metrics_url:
            body += await _fetch(core_metrics_url)
        return Response(body, media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)])


async def _fetch(url: str) -> bytes:
    with contextlib.suppress(httpx.HTTPError):
        async with httpx.AsyncClient(trust_env=False, timeout=2) as http:
            return (await http.get(url)).content
    return b""
