"""Logging of every process of ours: structlog and the standard library in one stream, JSON or for people, no secrets.

Call `configure_logging` once at a composition root. Whatever is bound with `structlog.contextvars` (the worker binds
run, step and attempt) appears in every line, whichever library wrote it.
"""

import logging
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, TextIO

import structlog
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from structlog.types import EventDict, Processor, WrappedLogger


class LogSettings(BaseSettings):
    """How logs are written (`PERDURE_LOG_LEVEL`, `PERDURE_LOG_FORMAT`)."""

    model_config = SettingsConfigDict(env_prefix="PERDURE_LOG_", extra="ignore")

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Lowest level written.")
    format: Literal["json", "text"] = Field(default="json", description="For programs, or coloured for people.")


HIDDEN: Final = "[hidden]"
MIN_SECRET_CHARS: Final = 6
MOST_CHARS: Final = 200_000
"""Of one value of a line; a line is searched for personal data up to `schemas.private_data.MAX_TEXT_CHARS`."""
_SECRET_KEY: Final = re.compile(r"authorization|api_?key|token$|secret|password|cookie", re.IGNORECASE)
_SECRET_TEXT: Final = re.compile(
    r"(?P<scheme>\bBearer )[^\s\"',]{6,}|(?P<url>://[^/\s:@\"']*:)[^/\s@\"']+(?=@)|\bsk-[A-Za-z0-9_-]{12,}"
)
_QUIET: Final = {"httpx": logging.WARNING, "httpcore": logging.WARNING, "uvicorn": logging.WARNING}

_WORKFLOW_FIELDS: Final = {"workflow_id": "workflow_id", "run_id": "execution_id", "attempt": "attempt"}
_ACTIVITY_FIELDS: Final = {"workflow_id": "workflow_id", "activity_type": "activity", "attempt": "attempt"}


def configure_logging(
    service: str,
    *,
    level: str = "INFO",
    json: bool = True,
    secrets: Iterable[str] = (),
    hide: Callable[[str], str] | None = None,
    fields: Processor | None = None,
    stream: TextIO | None = None,
) -> None:
    """Send the logs of this process to one stream.

    Args:
        service: Name of the process in every line, such as `worker`.
        level: Lowest level that is written.
        json: One JSON object per line, or coloured text for a person.
        secrets: Values that must never be seen, wherever they turn up.
        hide: Removes what else must not be seen, and is only learned while the process runs.
        fields: Masks fields of a line before it is written.
        stream: Where to write; stderr by default.
    """
    shared = _shared_processors(service) + ([] if fields is None else [fields])
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_SafeFormatter(secrets, hide, foreign_pre_chain=shared, processors=_renderers(json=json)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, root.level))


def _shared_processors(service: str) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_service(service),
        flatten_temporal,
        hide_secret_keys,
    ]


def _renderers(*, json: bool) -> list[Processor]:
    if json:
        return [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.UnicodeDecoder(),
            leave_out_long,
            structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
        ]
    # Plain tracebacks: others show the values of variables, and wrap lines so that no search finds a secret in them.
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]


def leave_out_long(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Name the length of texts that are too long for a line, which would be cut and be no JSON any more."""
    return {
        key: f"[{len(value):,} characters, too many for a log]" if _is_long(value) else value
        for key, value in event.items()
    }


def _is_long(value: object) -> bool:
    return isinstance(value, str) and len(value) > MOST_CHARS


def _name_service(service: str) -> Processor:
    def name(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return name


def flatten_temporal(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Lift the few facts worth having out of what the Temporal SDK attaches to its lines."""
    for noise in ("temporal_log", "color_message"):
        event.pop(noise, None)
    for key, fields in (("temporal_workflow", _WORKFLOW_FIELDS), ("temporal_activity", _ACTIVITY_FIELDS)):
        attached = event.pop(key, None)
        if isinstance(attached, dict):
            for source, target in fields.items():
                if source in attached:
                    event.setdefault(target, attached[source])
    return event


def hide_secret_keys(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Hide values that are named like a secret, at any depth."""
    return {key: HIDDEN if _SECRET_KEY.search(key) else _hide(value) for key, value in event.items()}


def _hide(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: HIDDEN if _SECRET_KEY.search(str(key)) else _hide(inner) for key, inner in value.items()}
    return value


class _SafeFormatter(structlog.stdlib.ProcessorFormatter):
    """Removes secrets from the finished line, tracebacks included."""

    def __init__(self, secrets: Iterable[str], hide: Callable[[str], str] | None, **options: Any) -> None:
        super().__init__(**options)
        self._scrub = scrubber(secrets)
        self._hide = hide or str

    def format(self, record: logging.LogRecord) -> str:
        """See base class."""
        # Secrets first: what is hidden next may be cut off in the midst of one.
        return self._hide(self._scrub(super().format(record)))


def scrubber(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that hides the given values, bearer tokens, provider keys and passwords of URLs in a text."""
    known = sorted({secret for secret in secrets if len(secret) >= MIN_SECRET_CHARS}, key=len, reverse=True)
    values = re.compile("|".join(map(re.escape, known))) if known else None

    def scrub(text: str) -> str:
        text = values.sub(HIDDEN, text) if values else text
        return _SECRET_TEXT.sub(lambda found: f"{found['scheme'] or found['url'] or ''}{HIDDEN}", text)

    return scrub
