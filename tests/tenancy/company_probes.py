"""How operations on sign-on and directories can be made to name something of another workspace."""

from typing import Final

from tests.tenancy.calls import Probe, delete, post, probe, put
from tests.tenancy.company import PROVIDER

HARMLESS_OF_COMPANY: Final = {
    f"body.{name}"
    for name in (
        *("issuer", "client_id", "client_secret", "algorithms", "domains"),
        *("groups_claim", "trust_email", "create_accounts"),
    )
}

COMPANY: Final[dict[str, list[Probe]]] = {
    "update_sign_on_provider": [
        probe(lambda x, _: put(f"/v1/sign-on/providers/{x.provider}", PROVIDER), "path.provider_id")
    ],
    "test_sign_on_provider": [probe(lambda x, _: post(f"/v1/sign-on/providers/{x.provider}/test"), "path.provider_id")],
    "delete_sign_on_provider": [probe(lambda x, _: delete(f"/v1/sign-on/providers/{x.provider}"), "path.provider_id")],
    "replace_group_mappings": [
        probe(
            lambda x, _: put("/v1/sign-on/mappings", {"mappings": [{"external": "e", "group_id": x.group}]}),
            "body.mappings",
        )
    ],
    "revoke_scim_token": [probe(lambda x, _: delete(f"/v1/sign-on/scim-tokens/{x.scim_token}"), "path.token_id")],
}
