"""Answers of models that are given again to an equal request, where a step wants that."""

import dataclasses
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Protocol
from uuid import UUID

import orjson
import structlog
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from activities.llm.call import LlmAnswer, LlmRequest
from activities.text import json_size
from db.session import Database
from db.tables import ModelAnswer
from schemas.conversation import Finish, Message, TurnUsage
from schemas.limits import MAX_VALUE_BYTES

_NOT_ASKED: Final = ("step_key", "prompt_cache")
"""What a model is not told."""

_KEY: Final = "model_answers_pkey"

_log = structlog.get_logger(__name__)


class _Kept(BaseModel):
    """An answer as it is stored."""

    model_config = ConfigDict(frozen=True)

    output: Any
    message: Message
    finish: Finish
    usage: TurnUsage
    vendor: str | None


class AnswerStore(Protocol):
    """Keeps answers by workspace and request."""

    async def find(self, workspace_id: str, digest: str, age: float) -> LlmAnswer | None:
        """The answer to an equal request, if it is no older than so many seconds."""

    async def keep(self, workspace_id: str, digest: str, answer: LlmAnswer) -> None:
        """Keep an answer; whether it worked is not told."""


class NoAnswers:
    """Keeps nothing."""

    async def find(self, workspace_id: str, digest: str, age: float) -> LlmAnswer | None:
        """See `AnswerStore`."""
        return None

    async def keep(self, workspace_id: str, digest: str, answer: LlmAnswer) -> None:
        """See `AnswerStore`."""


class DatabaseAnswers:
    """Answers that all workers share; while the database is away, models are asked.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, workspace_id: str, digest: str, age: float) -> LlmAnswer | None:
        """See `AnswerStore`."""
        recent = ModelAnswer.created_at > func.clock_timestamp() - timedelta(seconds=age)
        query = select(ModelAnswer).where(ModelAnswer.hash == digest, recent)
        try:
            async with self._database.tenant(UUID(workspace_id)) as session:
                row = await session.scalar(query)
            return None if row is None else _given_again(row.model, row.created_at, _Kept.model_validate(row.answer))
        except Exception as error:
            _log.warning("answer_not_found", error_type=type(error).__name__)
            return None

    async def keep(self, workspace_id: str, digest: str, answer: LlmAnswer) -> None:
        """See `AnswerStore`."""
        kept = _Kept(
            output=answer.output,
            message=answer.message,
            finish=answer.finish,
            usage=answer.usage,
            vendor=answer.details.get("vendor"),
        ).model_dump(mode="json")
        if json_size(kept) > MAX_VALUE_BYTES:
            return
        row = {"workspace_id": UUID(workspace_id), "hash": digest, "model": answer.model, "answer": kept}
        newer = {"model": answer.model, "answer": kept, "created_at": func.clock_timestamp()}
        statement = insert(ModelAnswer).values(row).on_conflict_do_update(constraint=_KEY, set_=newer)
        try:
            async with self._database.tenant(UUID(workspace_id)) as session:
                await session.execute(statement)
        except Exception as error:
            _log.warning("answer_not_kept", error_type=type(error).__name__)


def digest_of(request: LlmRequest, credential: str | None) -> str:
    """Tells requests apart by all that a model is told, and by whose model it is."""
    told = {
        field.name: getattr(request, field.name)
        for field in dataclasses.fields(request)
        if field.name not in _NOT_ASKED
    }
    return sha256(
        orjson.dumps([credential, told], default=_as_json, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    ).hexdigest()


def _as_json(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(type(value).__name__)


def _given_again(model: str, at: datetime, kept: _Kept) -> LlmAnswer:
    return LlmAnswer(
        output=kept.output,
        message=kept.message,
        finish=kept.finish,
        model=model,
        usage=kept.usage,
        tokens_in=0,
        tokens_out=0,
        cost_usd=0.0,
        details={"cached": True, "cached_at": at.isoformat(), "vendor": kept.vendor, "finish": kept.finish.value},
    )
