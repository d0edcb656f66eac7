"""Changes of a resource: RFC 7644, section 3.5.2, together with what the directories of the world make of it."""

from collections.abc import Mapping
from typing import Any, Final

from api.scim.errors import ScimError, invalid
from api.scim.filters import Path, find, parse_path

MAX_OPERATIONS: Final = 1_000
MAX_WORK: Final = 500_000
"""Elements of lists, such as members of groups, that the operations of one change look at, all together."""

_SCHEMA: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_READ_ONLY: Final = frozenset({"id", "meta", "schemas", "groups"})
_MISSING: Final = object()


def patched(resource: Mapping[str, Any], body: Any) -> dict[str, Any]:
    """A copy of a resource with changes.

    Raises:
        ScimError: `invalidSyntax`, `invalidPath`, `invalidValue`, `noTarget`, `mutability`; 413 if it is too much.
    """
    operations = body.get("Operations", body.get("operations")) if isinstance(body, dict) else None
    if not isinstance(operations, list) or not operations or len(operations) > MAX_OPERATIONS:
        raise invalid(f"Send `Operations` of the schema {_SCHEMA}, up to {MAX_OPERATIONS:,}.", "invalidSyntax")
    changed: dict[str, Any] = _copied(resource)
    work = 0
    for operation in operations:
        work += sum(len(value) for value in changed.values() if isinstance(value, list))
        if work > MAX_WORK:
            raise ScimError(413, "That are too many operations on a resource with so many values; send fewer at once.")
        _apply(changed, operation)
    return changed


def _apply(resource: dict[str, Any], operation: Any) -> None:
    kind = str(operation.get("op", "")).lower() if isinstance(operation, dict) else ""
    if kind not in ("add", "replace", "remove"):
        raise invalid("Each operation is `add`, `replace` or `remove`.", "invalidSyntax")
    path, value = operation.get("path"), operation.get("value", _MISSING)
    if kind != "remove" and value is _MISSING:
        raise invalid(f"The operation `{kind}` needs a value.")
    if path is not None:
        if not isinstance(path, str):
            raise invalid("A path is a text.", "invalidPath")
        _change(resource, kind, parse_path(path), value)
    elif kind == "remove":
        raise invalid("What is to be removed needs a path.", "noTarget")
    elif not isinstance(value, dict):
        raise invalid("Without a path, the value holds the attributes.")
    else:
        for name, inner in value.items():
            # Read-only ones beside others are told back to us by some directories: they are not meant as changes.
            if name.lower() not in _READ_ONLY:
                _change(resource, kind, parse_path(name), inner)


def _change(resource: dict[str, Any], kind: str, path: Path, value: Any) -> None:
    if path.attribute.lower() in _READ_ONLY:
        raise invalid(f"`{path.attribute}` cannot be changed.", "mutability")
    key = _key(resource, path.attribute)
    if path.filter is not None:
        _change_matching(resource, key, kind, path, value)
    elif path.sub is not None:
        _change_part(resource, key, kind, path.sub, value)
    elif kind == "remove":
        _remove(resource, key, value)
    elif kind == "add" and isinstance(resource.get(key), list):
        resource[key] = _joined(resource[key], value)
    elif kind == "add" and isinstance(resource.get(key), dict) and isinstance(value, dict):
        resource[key] = {**resource[key], **value}
    else:
        resource[key] = _copied(value)


def _change_part(resource: dict[str, Any], key: str, kind: str, sub: str, value: Any) -> None:
    """`name.givenName`, or an attribute of an extension, itself perhaps in parts."""
    outer = resource.get(key)
    if outer is None:
        if kind == "remove":
            return
        outer = resource[key] = {}
    if isinstance(outer, list):
        for one in outer:
            if isinstance(one, dict):
                _set(one, kind, sub, value)
        return
    if not isinstance(outer, dict):
        raise invalid(f"`{key}` has no parts.", "invalidPath")
    first, dot, rest = sub.partition(".")
    if dot:
        _change_part(outer, _key(outer, first), kind, rest, value)
    else:
        _set(outer, kind, sub, value)


def _change_matching(resource: dict[str, Any], key: str, kind: str, path: Path, value: Any) -> None:
    assert path.filter is not None  # noqa: S101 - for the type checker
    listed = resource.get(key)
    elements = listed if isinstance(listed, list) else []
    hits = [one for one in elements if isinstance(one, dict) and path.filter.matches(one)]
    if kind == "remove" and path.sub is None:
        gone = {id(hit) for hit in hits}
        resource[key] = [one for one in elements if id(one) not in gone]
        return
    if not hits:
        if kind == "remove":
            return
        if not path.filter.equals:
            raise invalid("No value fits the filter of the path.", "noTarget")
        # An address that is not there yet, as directories write it: `emails[type eq "work"].value`.
        hits = [dict(path.filter.equals)]
        resource[key] = [*elements, *hits]
    for hit in hits:
        if path.sub is not None:
            _set(hit, kind, path.sub, value)
        elif isinstance(value, dict):
            hit.update(_copied(value))
        else:
            raise invalid("The value holds the parts of the element.")


def _set(target: dict[str, Any], kind: str, name: str, value: Any) -> None:
    key = _key(target, name)
    if kind == "remove":
        target.pop(key, None)
    else:
        target[key] = _copied(value)


def _remove(resource: dict[str, Any], key: str, value: Any) -> None:
    """All of an attribute; some directories name the elements in the value instead of in the path."""
    listed = resource.get(key)
    if value is _MISSING or value is None or not isinstance(listed, list):
        resource.pop(key, None)
        return
    gone = {_identity(one) for one in (value if isinstance(value, list) else [value])}
    resource[key] = [one for one in listed if _identity(one) not in gone]


def _joined(present: list[Any], value: Any) -> list[Any]:
    """Elements with further ones; what is there already stays as it is."""
    known = {_identity(one) for one in present}
    joined = list(present)
    for one in value if isinstance(value, list) else [value]:
        if _identity(one) not in known:
            known.add(_identity(one))
            joined.append(_copied(one))
    return joined


def _identity(element: Any) -> str:
    if isinstance(element, Mapping):
        found = element.get("value") or find(element, "value")  # how it is written nearly always, first
        return str(found) if isinstance(found, str) else repr(sorted(element.items(), key=str))
    return str(element)


def _key(resource: Mapping[str, Any], name: str) -> str:
    """The name under which an attribute stands already, whatever the case of its letters."""
    return next((key for key in resource if key.lower() == name.lower()), name)


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value
