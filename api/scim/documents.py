"""What the server says about itself: RFC 7643, sections 5 to 8."""

from collections.abc import Iterable
from typing import Any, Final

from api.scim.filters import ENTERPRISE

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
LIST: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
MAX_RESULTS: Final = 200

_CORE: Final = "urn:ietf:params:scim:schemas:core:2.0"


def service_provider_config(base: str) -> dict[str, Any]:
    """Which parts of the protocol are spoken."""
    return {
        "schemas": [f"{_CORE}:ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MAX_RESULTS},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A token of the workspace, made in its settings.",
                "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }


def resource_types(base: str) -> list[dict[str, Any]]:
    """The kinds of resources."""
    return [
        _resource_type(base, "User", "/Users", USER, [{"schema": ENTERPRISE, "required": False}]),
        _resource_type(base, "Group", "/Groups", GROUP, []),
    ]


def schemas(base: str) -> list[dict[str, Any]]:
    """The attributes of resources."""
    return [
        _schema(base, USER, "User", "A person", _USER_ATTRIBUTES),
        _schema(base, GROUP, "Group", "A group of people", _GROUP_ATTRIBUTES),
        _schema(base, ENTERPRISE, "EnterpriseUser", "A person in a company", _ENTERPRISE_ATTRIBUTES),
    ]


def listed(resources: list[dict[str, Any]], total: int, start: int) -> dict[str, Any]:
    """A list as RFC 7644, section 3.4.2 has it."""
    return {
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }


def _resource_type(base: str, name: str, endpoint: str, schema: str, extensions: list[Any]) -> dict[str, Any]:
    return {
        "schemas": [f"{_CORE}:ResourceType"],
        "id": name,
        "name": name,
        "endpoint": endpoint,
        "schema": schema,
        "schemaExtensions": extensions,
        "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{name}"},
    }


def _schema(base: str, identity: str, name: str, description: str, attributes: list[Any]) -> dict[str, Any]:
    return {
        "schemas": [f"{_CORE}:Schema"],
        "id": identity,
        "name": name,
        "description": description,
        "attributes": attributes,
        "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{identity}"},
    }


def _attribute(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    """An attribute with the characteristics that most have."""
    return {
        "name": name,
        "type": kind,
        "multiValued": False,
        "description": more.pop("description", name),
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
        **more,
    }


def _several(name: str, parts: Iterable[str], **more: Any) -> dict[str, Any]:
    inner = [_attribute(part, "boolean" if part == "primary" else "string") for part in parts]
    return _attribute(name, "complex", multiValued=True, subAttributes=inner, **more)


_USER_ATTRIBUTES: Final = [
    _attribute("userName", required=True, uniqueness="server", description="Name at the directory."),
    _attribute(
        "name",
        "complex",
        subAttributes=[_attribute(part) for part in ("formatted", "familyName", "givenName", "middleName")],
    ),
    _attribute("displayName"),
    _attribute("nickName"),
    _attribute("title"),
    _attribute("userType"),
    _attribute("preferredLanguage"),
    _attribute("locale"),
    _attribute("timezone"),
    _attribute("active", "boolean", description="Whether the person is a member of the workspace."),
    _several("emails", ("value", "display", "type", "primary")),
    _several("phoneNumbers", ("value", "display", "type", "primary")),
    _several("groups", ("value", "$ref", "display", "type"), mutability="readOnly"),
]
_GROUP_ATTRIBUTES: Final = [
    _attribute("displayName", required=True, uniqueness="server"),
    _several("members", ("value", "$ref", "display", "type")),
]
_ENTERPRISE_ATTRIBUTES: Final = [
    *(_attribute(name) for name in ("employeeNumber", "costCenter", "organization", "division", "department")),
    _attribute("manager", "complex", subAttributes=[_attribute(part) for part in ("value", "$ref", "displayName")]),
]
