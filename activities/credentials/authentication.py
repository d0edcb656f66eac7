"""How a credential goes into an HTTP request."""

import base64
from dataclasses import dataclass, field
from urllib.parse import quote

from activities.credentials.vault import Opened
from schemas.errors import ErrorCode, PerdureError


@dataclass(frozen=True)
class Authentication:
    """What is added to a request; all of it holds secrets."""

    headers: dict[str, str] = field(default_factory=dict, repr=False)
    query: dict[str, str] = field(default_factory=dict, repr=False)
    path: dict[str, str] = field(default_factory=dict, repr=False)
    """By what stands for it in the address, braces included."""

    def in_address(self, url: str) -> str:
        """The address with secrets in the places that are kept for them, which are behind the host.

        Raises:
            PerdureError: `invalid_config` if it keeps no place.
        """
        for place, value in self.path.items():
            start = url.find("/", url.find("://") + 3)
            if start < 0 or place not in url[start:]:
                message = f"The path of the address must hold {place}, where the credential puts its key."
                raise PerdureError(ErrorCode.INVALID_CONFIG, message)
            url = url[:start] + url[start:].replace(place, quote(value, safe=""))
        return url


def authentication(opened: Opened | None) -> Authentication:
    """What a credential adds to a request, by its type; without one nothing."""
    if opened is None:
        return Authentication()
    secret, public = opened.secret, opened.public
    match opened.type:
        case "bearer":
            return Authentication(headers={"Authorization": f"Bearer {secret['token']}"})
        case "basic":
            pair = f"{public['username']}:{secret['password']}".encode()
            return Authentication(headers={"Authorization": f"Basic {base64.b64encode(pair).decode()}"})
        case "header":
            return Authentication(headers={public["name"]: secret["value"]})
        case "api_key" if public["place"] == "query":
            return Authentication(query={public["name"]: secret["key"]})
        case "api_key" if public["place"] == "path":
            return Authentication(path={f"{{{public['name']}}}": secret["key"]})
        case "api_key":
            return Authentication(headers={public["name"]: secret["key"]})
    raise ValueError(f"a credential of type {opened.type} does not authenticate a request")
