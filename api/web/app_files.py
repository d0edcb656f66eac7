"""The files of the web app, and its start page for every address that only the browser understands."""

import os
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Final

from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

BUILT: Final = Path(__file__).parents[2] / "frontend/dist"
"""Where `make web` puts the app."""

START_PAGE: Final = "index.html"
NOT_BUILT: Final = "The web app is not built here: run `make web`, or set PERDURE_API_WEB_DIR. The API is at /v1.\n"

_API: Final = ("/v1", "/healthz", "/readyz", "/metrics", "/openapi.json")
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
_NEVER_CHANGES: Final = "public, max-age=31536000, immutable"
_ASK_EACH_TIME: Final = "no-cache"


class WebApp(BaseRoute):
    """Answers every GET that is not for the API.

    Args:
        folder: Holds the built files; where `make web` puts them by default.
    """

    def __init__(self, folder: Path | None) -> None:
        folder = folder or BUILT
        self._files = _Files(folder) if (folder / START_PAGE).is_file() else None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See base class."""
        ours = scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and not _is_for_api(scope["path"])
        return (Match.FULL if ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See base class."""
        if self._files is not None:
            await self._files(scope, receive, send)
        else:
            await PlainTextResponse(NOT_BUILT, status_code=404)(scope, receive, send)


class _Files(StaticFiles):
    """Files with their compressed twins, and how long browsers may keep them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """See base class."""
        accepted = next((value for name, value in scope["headers"] if name == b"accept-encoding"), b"").decode()
        for encoding, suffix in _ENCODINGS:
            twin = Path(f"{os.fspath(full_path)}{suffix}")
            if encoding in accepted and twin.is_file():
                response = super().file_response(twin, twin.stat(), scope, status_code)
                return _described(response, Path(full_path), encoding)
        return _described(super().file_response(full_path, stat_result, scope, status_code), Path(full_path), None)

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """See base class. An address without a file's name is a page of the app."""
        found, stat = super().lookup_path(path)
        if stat is not None and Path(found).is_file():
            return found, stat
        is_page = "." not in PurePosixPath(path).name and not path.startswith("assets/")
        return super().lookup_path(START_PAGE) if is_page else ("", None)


def _described(response: Response, file: Path, encoding: str | None) -> Response:
    headers = response.headers
    headers["Vary"] = "Accept-Encoding"
    headers["Cache-Control"] = _NEVER_CHANGES if file.parent.name == "assets" else _ASK_EACH_TIME
    if encoding is not None and response.status_code == HTTPStatus.OK:
        headers["Content-Encoding"] = encoding
        headers["Content-Type"] = FileResponse(file).headers["content-type"]
    return response


def _is_for_api(path: str) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in _API)
