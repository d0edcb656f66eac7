"""The HTTP API as the command line uses it: synchronous, with errors that are sentences."""

import json
import uuid
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import httpx

from cli.errors import CliError
from cli.settings import Connection

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
STREAM_TIMEOUT = httpx.Timeout(45.0, connect=5.0)
"""The server sends a comment every few seconds, so a silence this long means that the connection is dead."""

MAX_ERRORS_SHOWN = 10

Json = dict[str, Any]


class ApiError(CliError):
    """The API has refused a request.

    Args:
        status_code: HTTP status.
        problem: The answer, problem+json if the server is one of ours.
    """

    def __init__(self, status_code: int, problem: Json) -> None:
        self.status_code = status_code
        self.problem = problem
        self.code = str(problem.get("code") or "")
        super().__init__(_sentence(status_code, problem))


class UnreachableError(CliError):
    """The API does not answer."""


class ApiClient:
    """Calls to one API.

    Args:
        url: Its base URL.
        token: Bearer token.
    """

    def __init__(self, url: str, token: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        try:
            self._http = httpx.Client(
                base_url=url, headers=headers, timeout=TIMEOUT, transport=transport, follow_redirects=False
            )
        except (httpx.InvalidURL, UnicodeEncodeError, ValueError) as wrong:
            raise CliError(f"the URL or the token is not usable: {wrong}") from wrong

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """A client for whatever the options, the environment or the data folder name."""
        return cls(connection.resolved_url(), connection.resolved_token())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, /, **params: Any) -> Any:
        """Answer of a GET, as JSON."""
        return self._call("GET", path, params={key: value for key, value in params.items() if value is not None})

    def post(self, path: str, body: Any = None, *, headers: dict[str, str] | None = None) -> Any:
        """Answer of a POST, as JSON."""
        return self._call("POST", path, json=body, headers=headers)

    def delete(self, path: str, /, **params: Any) -> None:
        """Delete something."""
        self._call("DELETE", path, params={key: value for key, value in params.items() if value is not None})

    def post_document(self, path: str, text: str, *, is_json: bool) -> Any:
        """Answer to a workflow document as it was written."""
        kind = "application/json" if is_json else "application/yaml"
        return self._call("POST", path, content=text.encode(), headers={"Content-Type": kind})

    def start_run(self, workflow: str, version: int | None, run_input: Any, key: str | None = None) -> Json:
        """Start a run; safe to repeat, because the key names this one start."""
        body = {"workflow": workflow, "version": version, "input": run_input}
        body = {name: value for name, value in body.items() if value is not None}
        return self._dict(self.post("/v1/runs", body, headers={"Idempotency-Key": key or uuid.uuid4().hex}))

    def run(self, run_id: str) -> Json:
        """A run."""
        return self._dict(self.get(f"/v1/runs/{run_id}"))

    def events(self, run_id: str, after: int = 0) -> Iterator[Json]:
        """Events of a run as they happen, from the one after `after` on; ends when the server closes the stream.

        Raises:
            UnreachableError: The stream breaks; call again with the last sequence number.
            ApiError: The API refuses.
        """
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": str(after)} if after else {})
        try:
            with self._http.stream(
                "GET", f"/v1/runs/{run_id}/events", headers=headers, timeout=STREAM_TIMEOUT
            ) as answer:
                if answer.status_code == httpx.codes.NO_CONTENT:
                    return
                if answer.status_code != httpx.codes.OK:
                    answer.read()
                    raise ApiError(answer.status_code, _problem(answer))
                yield from _parse_stream(answer.iter_lines())
        except httpx.HTTPError as failed:
            raise self._unreachable(failed) from failed

    def _call(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self._http.request(method, path, **options)
        except httpx.HTTPError as failed:
            raise self._unreachable(failed) from failed
        if not answer.is_success:
            raise ApiError(answer.status_code, _problem(answer))
        try:
            return answer.json() if answer.content else None
        except ValueError:
            raise CliError(f"{self.url} does not speak the language of Perdure; is it another program?") from None

    def _unreachable(self, failed: httpx.HTTPError) -> UnreachableError:
        if isinstance(failed, httpx.UnsupportedProtocol):
            return UnreachableError(f"{self.url} is no URL of an API; it begins with http:// or https://")
        reason = "in time" if isinstance(failed, httpx.TimeoutException) else f"({type(failed).__name__})"
        return UnreachableError(
            f"the API at {self.url} does not answer {reason}; start it with `perdure up`, or name another with --url"
        )

    def _dict(self, answer: Any) -> Json:
        if not isinstance(answer, dict):
            raise CliError(f"{self.url} does not speak the language of Perdure; is it another program?")
        return answer


def _problem(answer: httpx.Response) -> Json:
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    return problem if isinstance(problem, dict) else {"detail": answer.text[:500]}


def _sentence(status_code: int, problem: Json) -> str:
    if status_code == httpx.codes.UNAUTHORIZED:
        return "the API does not accept the token; give the right one with --token or PERDURE_API_TOKEN"
    said = problem.get("detail") or problem.get("title") or "no explanation"
    code = f" [{problem['code']}]" if problem.get("code") else ""
    wrong = [one for one in problem.get("errors") or () if isinstance(one, dict)]
    lines = [": ".join(str(one[key]) for key in ("field", "message") if one.get(key)) for one in wrong]
    return "\n  ".join([f"{said}{code} (HTTP {status_code})", *lines[:MAX_ERRORS_SHOWN]])


def _parse_stream(lines: Iterator[str]) -> Iterator[Json]:
    data: list[str] = []
    for line in lines:
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            try:
                event = json.loads("\n".join(data))
            except ValueError:
                raise CliError("the event stream is not understood; is another program on this port?") from None
            data = []
            if isinstance(event, dict):
                yield event
