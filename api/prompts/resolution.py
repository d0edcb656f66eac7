"""Puts the texts of prompts into a document before it is compiled."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.prompts import repository
from schemas.faults import Fault, FaultCode, Pointer, field_path, listed
from schemas.prompts import PromptUse, prompt_uses, put, rendered, variables_of


async def with_prompts(session: AsyncSession, document: Any) -> tuple[Any, list[Fault]]:
    """The document with the text of every prompt that it names, and what is wrong with its references."""
    uses = list(prompt_uses(document))
    if not uses:
        return document, []
    texts: dict[Pointer, str] = {}
    faults: list[Fault] = []
    for use in uses:
        text, problem = await _text(session, use)
        # Something must stand there, or the place would have a second fault.
        texts[use.pointer] = text or "-"
        if problem is not None:
            node, field = _place(document, use.pointer)
            code = FaultCode.INVALID_VALUE
            faults.append(Fault(code=code, node=node, field=field, message=problem, pointer=use.pointer))
    return put(document, texts), faults


async def _text(session: AsyncSession, use: PromptUse) -> tuple[str | None, str | None]:
    if use.problem is not None:
        return None, use.problem
    text = await repository.find_text(session, use.name, use.at)
    if text is None:
        return None, f"There is no prompt `{use.name}@{use.at}` in this workspace."
    wanted = variables_of(text)
    if missing := [name for name in wanted if name not in use.variables]:
        return (
            None,
            f"The prompt `{use.name}@{use.at}` needs the variables {listed(missing)}; give them in `variables`.",
        )
    if unknown := [name for name in use.variables if name not in wanted]:
        return None, f"The prompt `{use.name}@{use.at}` has no variables {listed(unknown)}."
    return rendered(text, use.variables), None


def _place(document: Any, pointer: Pointer) -> tuple[str | None, str]:
    """The node that a place is in, bodies included, and the place within that."""
    path: list[str] = []
    rest, value = pointer, document
    for position, part in enumerate(pointer):
        value = value[part]
        named = value.get("id") if isinstance(value, dict) else None
        if position and pointer[position - 1] == "nodes" and isinstance(named, str):
            path.append(named)
            rest = pointer[position + 1 :]
    return ".".join(path) or None, field_path(rest)
