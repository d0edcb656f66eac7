"""The simulator as an ASGI application."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from simulator import anthropic_protocol, embeddings, faults, model, openai_protocol, responses_protocol
from simulator.conversation import Answer, Question
from simulator.faults import Break, Refusal
from simulator.markers import BadMarkerError, FaultMarker, Steering
from simulator.oauth import OAuthProvider
from simulator.scripts import steer
from simulator.stats import Stats
from simulator.transport import PacedAnswer
from simulator.vault import VaultServer
from simulator.wire import WireProtocol

STEP_HEADER = "x-perdure-step"
BAD_KEY = "invalid-key"
UNKNOWN_MODEL = "does-not-exist"


@dataclass(frozen=True)
class Options:
    """Speed of the model.

    Args:
        latency: Seconds before an answer begins.
        token_latency: Seconds before every streamed piece.
    """

    latency: float = 0.0
    token_latency: float = 0.0


@dataclass(frozen=True)
class _Asked:
    """A request that is answered."""

    body: dict[str, Any]
    question: Question
    steering: Steering
    fault: FaultMarker | None
    step: str


def create_app(options: Options | None = None) -> Starlette:
    """A fresh simulator with its own counters."""
    return Simulator(options or Options()).app


class Simulator:
    """Serves both protocols and counts the calls."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._stats = Stats()
        self.app = Starlette(
            routes=[
                Route("/v1/chat/completions", self._chat_completions, methods=["POST"]),
                Route("/v1/responses", self._responses, methods=["POST"]),
                Route("/v1/messages", self._messages, methods=["POST"]),
                Route("/v1/embeddings", self._embeddings, methods=["POST"]),
                Route("/v1/models", self._models),
                Route("/sim/stats", self._report),
                Route("/healthz", self._health),
                Mount("/vault", VaultServer().app),
                *OAuthProvider().app.routes,
            ]
        )

    async def _chat_completions(self, request: Request) -> Any:
        return await self._serve(request, openai_protocol)

    async def _responses(self, request: Request) -> Any:
        return await self._serve(request, responses_protocol)

    async def _messages(self, request: Request) -> Any:
        return await self._serve(request, anthropic_protocol)

    async def _embeddings(self, request: Request) -> Response:
        asked = await self._understand(request, openai_protocol, embeddings.read)
        if isinstance(asked, Response):
            return asked
        usage = embeddings.usage(asked.body)
        self._stats.complete(asked.step, usage.tokens_in, 0)
        return JSONResponse(embeddings.answer(asked.body, usage))

    async def _models(self, request: Request) -> Response:
        return JSONResponse(openai_protocol.models())

    async def _report(self, request: Request) -> Response:
        return JSONResponse(self._stats.report())

    async def _health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _serve(self, request: Request, protocol: WireProtocol) -> Any:
        asked = await self._understand(request, protocol, protocol.read)
        if isinstance(asked, Response):
            return asked
        return self._answer(protocol, asked.question, asked.steering, asked.fault, asked.step)

    async def _understand(
        self, request: Request, protocol: WireProtocol, read: Callable[[Any], Question]
    ) -> "_Asked | Response":
        """What is asked, after the time that it takes; or the error that answers it."""
        body = await request.body()
        try:
            question = read(json.loads(body))
            steering = steer(question)
            fault = self._due(steering, question)
        except BadMarkerError as error:
            return self._refuse(protocol, Refusal(400, "bad_marker"), str(error))
        except (ValueError, KeyError, TypeError, AttributeError):
            return self._refuse(protocol, Refusal(400, "bad_request"), "")
        step = request.headers.get(STEP_HEADER) or sha256(body).hexdigest()[:16]
        self._stats.start(step, request.client)
        await asyncio.sleep(steering.delay + self._options.latency)
        refusal = _refusal(request, question, steering, fault)
        if refusal:
            return self._refuse(protocol, refusal, question.model)
        return _Asked(json.loads(body), question, steering, fault, step)

    def _due(self, steering: Steering, question: Question) -> FaultMarker | None:
        """The first fault that is meant for this model and not used up; it is counted."""
        for fault in steering.faults:
            if not faults.known(fault.name):
                raise BadMarkerError(f"unknown fault {fault.name}")
            if fault.model and fault.model != question.model:
                continue
            key = fault.key or f"{question.opening}/{fault.position}"
            if fault.times is None or self._stats.attempt(key) <= fault.times:
                return fault
        return None

    def _refuse(self, protocol: WireProtocol, refusal: Refusal, model_name: str) -> Response:
        self._stats.refuse()
        if refusal.reason == "html":
            return HTMLResponse("<html><h1>502 Bad Gateway</h1></html>", refusal.status)
        headers = {protocol.request_id_header(): "req_simulator", **refusal.headers}
        return JSONResponse(protocol.error(refusal, model_name), refusal.status, headers)

    def _answer(
        self, protocol: WireProtocol, question: Question, steering: Steering, fault: FaultMarker | None, step: str
    ) -> PacedAnswer:
        answer = model.answer(question, steering, fault)
        broken = faults.transport_break(fault)
        # Ids are stable: the same question gets the same bytes.
        call_id = sha256(f"{step}{answer.text}".encode("utf-8", "surrogatepass")).hexdigest()[:24]
        value = fault.value if fault else None
        return PacedAnswer(
            _spoiled(_parts(protocol, question, answer, call_id, broken), broken, protocol),
            {
                "content-type": "text/event-stream; charset=utf-8" if question.stream else "application/json",
                protocol.request_id_header(): f"req_{call_id}",
            },
            pause=_pause(steering, self._options, broken, value),
            broken=broken,
            break_after=int(value) if value and broken is not Break.SLOW else 3,
            when_complete=lambda: self._stats.complete(step, answer.usage.tokens_in, answer.usage.tokens_out),
        )


def _refusal(request: Request, question: Question, steering: Steering, fault: FaultMarker | None) -> Refusal | None:
    key = request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix("Bearer ")
    if key == BAD_KEY:
        return Refusal(401, "unauthorized")
    if UNKNOWN_MODEL in question.model:
        return Refusal(404, "unknown_model")
    if steering.status is not None:
        return Refusal(steering.status, faults.REASON_OF_STATUS.get(steering.status, "bad_request"))
    return faults.refusal(fault) if fault else None


def _parts(
    protocol: WireProtocol, question: Question, answer: Answer, call_id: str, broken: Break | None
) -> list[bytes]:
    if broken is Break.EMPTY_CHOICES:
        body = protocol.without_choices(answer, question, call_id)
    elif question.stream:
        body = protocol.stream(answer, question, call_id)
    else:
        body = protocol.whole(answer, question, call_id)
    return list(body) if question.stream else [json.dumps(body).encode()]


def _spoiled(parts: list[bytes], broken: Break | None, protocol: WireProtocol) -> list[bytes]:
    """The parts as a fault of the content type leaves them."""
    middle = min(3, len(parts) - 1)
    if broken is Break.BAD_JSON:
        return [*parts[:middle], parts[middle][: len(parts[middle]) // 2] + b"\n\n", *parts[middle + 1 :]]
    if broken is Break.STREAM_ERROR:
        return [*parts[:middle], protocol.stream_error()]
    return parts


def _pause(steering: Steering, options: Options, broken: Break | None, value: str | None) -> float:
    if broken is Break.SLOW:
        return float(value or 0.001)
    return steering.chunk_delay or options.token_latency
