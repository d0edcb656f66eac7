"""The two kinds of resources behind one form: found, listed, made, changed, removed."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlalchemy.ext.asyncio import AsyncSession

from api.scim import documents, groups, store, users
from api.scim.errors import ScimError, invalid
from api.scim.filters import ENTERPRISE, Filter, parse_filter
from db.audit import Actor
from db.tables import Group, ScimGroup, ScimUser

_ALWAYS: Final = frozenset({"schemas", "id", "meta"})
_DEFAULT_COUNT: Final = 100


@dataclass(frozen=True)
class Call:
    """A request whose caller is known."""

    session: AsyncSession
    actor: Actor
    base: str
    query: Mapping[str, str]
    body: Any

    @property
    def workspace_id(self) -> UUID:
        """Whose directory calls."""
        return self.actor.workspace_id


@dataclass(frozen=True)
class Found:
    """A resource as it stands in the database and as it is shown."""

    row: Any
    shown: dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """What can be done with resources of a kind."""

    name: str
    find: Callable[[Call, UUID, bool], Awaitable[Found | None]]
    page: Callable[[Call, tuple[ColumnElement[bool], ...], tuple[int, int]], Awaitable[list[dict[str, Any]]]]
    count: Callable[[AsyncSession, UUID], Awaitable[int]]
    create: Callable[[Call], Awaitable[Found]]
    update: Callable[[Call, Found, Any], Awaitable[Found]]
    remove: Callable[[Call, Found], Awaitable[None]]
    columns: Mapping[str, Callable[[str], ColumnElement[bool]]]
    """Attributes in small letters by which the database can look."""
    at_once: int
    """How many are read at once when all are looked through."""
    most: int
    """How many a directory may keep."""


async def listing(call: Call, kind: Kind, asked: Mapping[str, Any]) -> dict[str, Any]:
    """A page of resources.

    Raises:
        ScimError: `invalidFilter`, `invalidValue`.
    """
    start = max(1, _number(asked, "startIndex", 1))
    count = min(documents.MAX_RESULTS, max(0, _number(asked, "count", _DEFAULT_COUNT)))
    text = asked.get("filter")
    if text is None or text == "":
        shown = await kind.page(call, (), (start - 1, count)) if count else []
        total = await kind.count(call.session, call.workspace_id)
    else:
        if not isinstance(text, str):
            raise invalid("A filter is a text.", "invalidFilter")
        shown, total = await _searched(call, kind, parse_filter(text), range(start - 1, start - 1 + count))
    return documents.listed([chosen(one, asked) for one in shown], total, start)


async def created(call: Call, kind: Kind) -> Found:
    """A new resource.

    Raises:
        ScimError: 403 if there are too many; what is wrong with this one.
    """
    if await kind.count(call.session, call.workspace_id) >= kind.most:
        raise ScimError(403, f"There are {kind.most:,} resources of the kind {kind.name}; there cannot be more.")
    return await kind.create(call)


async def _searched(call: Call, kind: Kind, wanted: Filter, places: range) -> tuple[list[dict[str, Any]], int]:
    """The resources at some places among those that fit, and how many fit; a few are held at a time."""
    conditions = _narrowed(kind, wanted)
    shown, total, at = [], 0, 0
    while True:
        page = await kind.page(call, conditions, (at, kind.at_once))
        for one in page:
            if wanted.matches(one):
                shown += [one] if total in places else []
                total += 1
        if len(page) < kind.at_once:
            return shown, total
        at += kind.at_once


def chosen(resource: dict[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that are asked for: RFC 7644, section 3.9, down to the first level."""
    only, without = _names(asked, "attributes"), _names(asked, "excludedAttributes")
    if only:
        return {key: value for key, value in resource.items() if key in _ALWAYS or key.lower() in only}
    return {key: value for key, value in resource.items() if key in _ALWAYS or key.lower() not in without}


def _names(asked: Mapping[str, Any], name: str) -> set[str]:
    value = asked.get(name) or ""
    listed = value if isinstance(value, list) else str(value).split(",")
    return {_top(str(one).strip()) for one in listed if str(one).strip()}


def _top(name: str) -> str:
    """The outermost attribute of a name, in small letters; of an extension its schema."""
    lowered = name.lower()
    if lowered.startswith(ENTERPRISE.lower()):
        return ENTERPRISE.lower()
    return lowered.rpartition(":")[2].partition(".")[0]


def _narrowed(kind: Kind, wanted: Filter) -> tuple[ColumnElement[bool], ...]:
    """What the database can look for itself, before the filter is asked of each resource that is left."""
    return tuple(
        kind.columns[name](value) for name, value in wanted.equals if name in kind.columns and isinstance(value, str)
    )


def _number(asked: Mapping[str, Any], name: str, default: int) -> int:
    value = asked.get(name, default)
    try:
        return min(int(str(value)), 10**9)
    except ValueError:
        raise invalid(f"`{name}` must be a number.") from None


async def _find_user(call: Call, identity: UUID, lock: bool) -> Found | None:
    row = await store.find_user(call.session, call.workspace_id, identity, lock=lock)
    return None if row is None else await _user(call, row)


async def _user(call: Call, row: ScimUser) -> Found:
    [shown] = await _users(call, [row])
    return Found(row, shown)


async def _users(call: Call, rows: list[ScimUser]) -> list[dict[str, Any]]:
    active = [row.user_id for row in rows if row.active]
    by_user = await store.groups_of(call.session, call.workspace_id, active) if active else {}
    return [users.describe(row, by_user.get(row.user_id, []) if row.active else [], call.base) for row in rows]


async def _page_of_users(
    call: Call, conditions: tuple[ColumnElement[bool], ...], at: tuple[int, int]
) -> list[dict[str, Any]]:
    return await _users(call, await store.users(call.session, call.workspace_id, *conditions, at=at))


async def _create_user(call: Call) -> Found:
    return await _user(call, await users.create(call.session, call.actor, users.read_user(call.body)))


async def _update_user(call: Call, found: Found, wish: Any) -> Found:
    await users.update(call.session, call.actor, found.row, users.read_user(wish))
    return await _user(call, found.row)


async def _remove_user(call: Call, found: Found) -> None:
    await users.remove(call.session, call.actor, found.row)


async def _find_group(call: Call, identity: UUID, lock: bool) -> Found | None:
    row = await store.find_group(call.session, call.workspace_id, identity, lock=lock)
    return None if row is None else await _group(call, row)


async def _group(call: Call, row: store.FoundGroup) -> Found:
    [shown] = await _groups(call, [row])
    return Found(row, shown)


async def _groups(call: Call, rows: list[store.FoundGroup]) -> list[dict[str, Any]]:
    ids = [row.group.id for row in rows]
    by_group = await store.members(call.session, call.workspace_id, ids) if ids else {}
    return [groups.describe(row, by_group.get(row.group.id, []), call.base) for row in rows]


async def _page_of_groups(
    call: Call, conditions: tuple[ColumnElement[bool], ...], at: tuple[int, int]
) -> list[dict[str, Any]]:
    return await _groups(call, await store.groups(call.session, call.workspace_id, *conditions, at=at))


async def _create_group(call: Call) -> Found:
    return await _group(call, await groups.create(call.session, call.actor, groups.read_group(call.body)))


async def _update_group(call: Call, found: Found, wish: Any) -> Found:
    await groups.update(call.session, call.actor, found.row, groups.read_group(wish))
    return await _group(call, found.row)


async def _remove_group(call: Call, found: Found) -> None:
    await groups.remove(call.session, call.actor, found.row)


USERS: Final = Kind(
    "User",
    _find_user,
    _page_of_users,
    store.count_users,
    _create_user,
    _update_user,
    _remove_user,
    {
        "username": lambda value: func.lower(ScimUser.user_name) == func.lower(value),
        "externalid": lambda value: func.lower(ScimUser.external_id) == func.lower(value),
    },
    at_once=200,
    most=100_000,
)
GROUPS: Final = Kind(
    "Group",
    _find_group,
    _page_of_groups,
    store.count_groups,
    _create_group,
    _update_group,
    _remove_group,
    {
        "displayname": lambda value: func.lower(Group.name) == func.lower(value),
        "externalid": lambda value: func.lower(ScimGroup.external_id) == func.lower(value),
    },
    at_once=20,  # each with all its members
    most=20_000,
)
