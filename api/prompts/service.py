"""Writing prompts, and putting versions of them into use."""

import difflib
from uuid import uuid4

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError, not_found
from api.prompts import models, repository
from api.requests import decode_cursor, encode_cursor
from db import audit
from db.audit import Actor
from db.tables import Prompt, PromptLabel, PromptVersion
from schemas.errors import ErrorCode
from schemas.prompts import prompt_uses, variables_of


async def list_prompts(session: AsyncSession, cursor: str | None, limit: int) -> models.PromptPage:
    """A page of prompts."""
    after = None if cursor is None else decode_cursor(cursor, 1)[0]
    rows = list(await repository.list_prompts(session, after, limit + 1))
    shown = rows[:limit]
    latest = await repository.latest_versions(session, [row.id for row in shown])
    labels = await repository.labels_of(session, [row.id for row in shown])
    items = [
        models.PromptSummary(
            name=row.name,
            description=row.description,
            latest=latest[row.id],
            labels=[_label(label) for label in labels if label.prompt_id == row.id],
        )
        for row in shown
    ]
    return models.PromptPage(items=items, next_cursor=encode_cursor(items[-1].name) if len(rows) > limit else None)


async def get_prompt(session: AsyncSession, name: str) -> models.Prompt:
    """A prompt with its versions and labels.

    Raises:
        RequestError: `not_found`.
    """
    prompt = await _found(session, name)
    versions = await repository.versions_of(session, prompt.id)
    return models.Prompt(
        name=prompt.name,
        description=prompt.description,
        latest=versions[0].version,
        labels=[_label(label) for label in await repository.labels_of(session, [prompt.id])],
        versions=[models.PromptVersionSummary.model_validate(one, from_attributes=True) for one in versions],
    )


async def create_prompt(session: AsyncSession, actor: Actor, body: models.CreatePrompt) -> models.Prompt:
    """Make a prompt.

    Raises:
        RequestError: `conflict` if the name is taken.
    """
    if await repository.find_prompt(session, body.name) is not None:
        raise RequestError(ErrorCode.CONFLICT, f"There is a prompt {body.name!r} already; choose another name.")
    prompt = Prompt(
        id=uuid4(),
        workspace_id=actor.workspace_id,
        name=body.name,
        description=body.description,
        created_by=actor.name,
    )
    session.add(prompt)
    await session.flush()
    _add(session, actor, prompt, 1, body.text, body.note)
    await session.flush()
    after = {"name": body.name, "description": body.description}
    audit.record(session, actor, "prompt.created", ("prompt", body.name), after=after)
    return await get_prompt(session, body.name)


async def create_version(session: AsyncSession, actor: Actor, name: str, body: models.CreateVersion) -> models.Version:
    """Write a further version.

    Raises:
        RequestError: `not_found`.
    """
    prompt = await _found(session, name, lock=True)
    number = (await repository.latest_versions(session, [prompt.id]))[prompt.id] + 1
    version = _add(session, actor, prompt, number, body.text, body.note)
    await session.flush()
    await session.refresh(version)
    audit.record(session, actor, "prompt.version_created", ("prompt", name), after={"version": number})
    return models.Version.model_validate(version, from_attributes=True)


async def get_version(session: AsyncSession, name: str, version: int) -> models.Version:
    """A version with its text.

    Raises:
        RequestError: `not_found`.
    """
    return models.Version.model_validate(
        await _version(session, await _found(session, name), version), from_attributes=True
    )


async def set_label(session: AsyncSession, actor: Actor, name: str, label: str, version: int) -> models.Label:
    """Let a label name a version; what was published before keeps its text.

    Raises:
        RequestError: `not_found`.
    """
    prompt = await _found(session, name, lock=True)
    await _version(session, prompt, version)
    row = await session.get(PromptLabel, (prompt.id, label))
    before = None if row is None else row.version
    if row is None:
        row = PromptLabel(prompt_id=prompt.id, label=label, workspace_id=actor.workspace_id)
        session.add(row)
    row.version, row.updated_by, row.updated_at = version, actor.name, func.clock_timestamp()
    await session.flush()
    await session.refresh(row)
    if before != version:
        changed = {"before": {label: before}, "after": {label: version}}
        audit.record(session, actor, "prompt.labelled", ("prompt", name), **changed)
    return _label(row)


async def remove_label(session: AsyncSession, actor: Actor, name: str, label: str) -> None:
    """Take a label away.

    Raises:
        RequestError: `not_found`.
    """
    prompt = await _found(session, name, lock=True)
    row = await session.get(PromptLabel, (prompt.id, label))
    if row is None:
        raise not_found("label", label)
    await session.delete(row)
    audit.record(session, actor, "prompt.unlabelled", ("prompt", name), before={label: row.version})


async def diff(session: AsyncSession, name: str, before: int, after: int) -> models.PromptDiff:
    """What differs between two versions.

    Raises:
        RequestError: `not_found`.
    """
    prompt = await _found(session, name)
    one, other = await _version(session, prompt, before), await _version(session, prompt, after)
    lines = difflib.unified_diff(one.text.splitlines(), other.text.splitlines(), lineterm="", n=3)
    return models.PromptDiff(
        before=before,
        after=after,
        lines=list(lines)[2:],
        variables_added=[variable for variable in other.variables if variable not in one.variables],
        variables_removed=[variable for variable in one.variables if variable not in other.variables],
    )


async def users_of(session: AsyncSession, name: str) -> models.PromptUsers:
    """Workflows and agents that name a prompt.

    Raises:
        RequestError: `not_found`.
    """
    await _found(session, name)
    items = []
    for workflow, number, published, draft in await repository.documents_naming(session, name):
        named, drafted = _references(published, name), _references(draft, name)
        if named or drafted:
            items.append(
                models.PromptUser(
                    slug=workflow.slug,
                    name=workflow.name,
                    type=workflow.type,
                    version=number if named else None,
                    draft=bool(drafted),
                    references=sorted(named | drafted),
                )
            )
    return models.PromptUsers(items=items)


async def delete_prompt(session: AsyncSession, actor: Actor, name: str) -> None:
    """Delete a prompt that nothing names; what was published with its text keeps that.

    Raises:
        RequestError: `not_found`, `conflict`.
    """
    prompt = await _found(session, name, lock=True)
    if users := (await users_of(session, name)).items:
        slugs = [user.slug for user in users]
        message = f"The prompt {name!r} is named by {', '.join(slugs[:10])}. Change them first."
        raise RequestError(ErrorCode.CONFLICT, message, details={"workflows": slugs})
    await session.delete(prompt)
    audit.record(session, actor, "prompt.deleted", ("prompt", name), before={"name": name})


def _add(
    session: AsyncSession, actor: Actor, prompt: Prompt, number: int, text: str, note: str | None
) -> PromptVersion:
    version = PromptVersion(
        prompt_id=prompt.id,
        version=number,
        workspace_id=actor.workspace_id,
        text=text,
        variables=variables_of(text),
        note=note,
        created_by=actor.name,
    )
    session.add(version)
    return version


async def _found(session: AsyncSession, name: str, *, lock: bool = False) -> Prompt:
    prompt = await repository.find_prompt(session, name, lock=lock)
    if prompt is None:
        raise not_found("prompt", name)
    return prompt


async def _version(session: AsyncSession, prompt: Prompt, version: int) -> PromptVersion:
    found = await repository.find_version(session, prompt.id, version)
    if found is None:
        raise not_found("version", f"{prompt.name}@{version}")
    return found


def _label(row: PromptLabel) -> models.Label:
    return models.Label.model_validate(row, from_attributes=True)


def _references(document: object, name: str) -> set[str]:
    return {f"{use.name}@{use.at}" for use in prompt_uses(document) if use.name == name}
