"""How operations on files and prompts can be made to name something of another workspace."""

from typing import Final

from api.requests import encode_cursor
from tests.tenancy.calls import PLACE, Probe, delete, get, post, probe, put
from tests.tenancy.world import moment_cursor

HARMLESS_OF_TOOLS: Final = {"body.media_type", "body.folder", "query.folder", "path.label"}


def _at(name: str) -> str:
    return f"/v1/prompts/{name}"


TOOLS: Final[dict[str, list[Probe]]] = {
    "list_files": [
        probe(lambda x, _: get("/v1/files", cursor=moment_cursor(x.file)), "query.cursor", blind=PLACE),
    ],
    "get_file": [probe(lambda x, _: get(f"/v1/files/{x.file}"), "path.file_id")],
    "get_file_content": [probe(lambda x, _: get(f"/v1/files/{x.file}/content"), "path.file_id")],
    "delete_file": [probe(lambda x, _: delete(f"/v1/files/{x.file}"), "path.file_id")],
    "list_prompts": [
        probe(lambda x, _: get("/v1/prompts", cursor=encode_cursor(f"zz{x.prompt}")), "query.cursor", blind=PLACE),
    ],
    "get_prompt": [probe(lambda x, _: get(_at(x.prompt)), "path.name")],
    "get_prompt_version": [probe(lambda x, _: get(f"{_at(x.prompt)}/versions/1"), "path.name")],
    "diff_prompt_versions": [probe(lambda x, _: get(f"{_at(x.prompt)}/diff", before="1", after="2"), "path.name")],
    "get_prompt_uses": [probe(lambda x, _: get(f"{_at(x.prompt)}/uses"), "path.name")],
    "create_prompt_version": [probe(lambda x, _: post(f"{_at(x.prompt)}/versions", {"text": "t"}), "path.name")],
    "set_prompt_label": [probe(lambda x, _: put(f"{_at(x.prompt)}/labels/staging", {"version": 1}), "path.name")],
    "remove_prompt_label": [probe(lambda x, _: delete(f"{_at(x.prompt)}/labels/production"), "path.name")],
    "delete_prompt": [probe(lambda x, _: delete(_at(x.prompt)), "path.name")],
}
