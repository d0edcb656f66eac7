"""How operations on agents can be made to name something of another workspace."""

from typing import Final

from api.requests import encode_cursor
from tests.tenancy.agents import CONFIG, CREW
from tests.tenancy.calls import PLACE, Probe, delete, fresh, get, patch, post, probe, put
from tests.tenancy.world import moment_cursor

WITHIN: Final = "keys count within a conversation"

HARMLESS_OF_AGENTS: Final = {
    "body.config", "body.limits", "body.turn", "body.member", "body.messages", "body.message", "body.history",
    "body.context", "body.path", "body.filter.type",
    "body.content", "body.as_member", "query.mine",
    "body.model", "body.chunk_chars", "body.overlap_chars", "body.metadata", "body.media_type", "body.query",
    "body.top_k", "body.mode", "body.min_similarity",
    # which of the tools that somebody else's server offers
    "body.server", "body.only", "body.q",
}  # fmt: skip


AGENTS: Final[dict[str, list[Probe]]] = {
    "list_agents": [
        probe(lambda x, _: get("/v1/agents", q=x.agent), "query.q"),
        probe(lambda x, _: get("/v1/agents", tag=x.tag), "query.tag", blind="no agent there has a tag either"),
        probe(lambda x, _: get("/v1/agents", cursor=encode_cursor(f"zz{x.agent}")), "query.cursor", blind=PLACE),
    ],
    "create_agent": [probe(lambda x, _: post("/v1/agents", {"name": "N", "slug": x.unused()}), "body.slug")],
    "get_agent": [probe(lambda x, _: get(f"/v1/agents/{x.agent}"), "path.slug")],
    "get_agent_draft": [probe(lambda x, _: get(f"/v1/agents/{x.agent_draft}/draft"), "path.slug")],
    "get_agent_uses": [probe(lambda x, _: get(f"/v1/agents/{x.agent}/uses"), "path.slug")],
    "list_agent_versions": [
        probe(lambda x, _: get(f"/v1/agents/{x.agent}/versions"), "path.slug"),
        probe(lambda x, _: get(f"/v1/agents/{x.agent}/versions", cursor="WyIyIl0"), "query.cursor"),
    ],
    "get_agent_version": [probe(lambda x, _: get(f"/v1/agents/{x.agent}/versions/1"), "path.slug")],
    "diff_agent_versions": [probe(lambda x, _: get(f"/v1/agents/{x.agent}/diff", before="1"), "path.slug")],
    "restore_agent_version": [
        probe(lambda x, _: post(f"/v1/agents/{x.agent}/versions/1/restore", {"revision": 1}), "path.slug")
    ],
    "save_agent_draft": [
        probe(lambda x, _: put(f"/v1/agents/{x.agent}/draft", {"config": CONFIG, "revision": 1}), "path.slug")
    ],
    "publish_agent": [probe(lambda x, _: post(f"/v1/agents/{x.agent}/publish", {"revision": 1}), "path.slug")],
    "clone_agent": [
        probe(lambda x, _: post(f"/v1/agents/{x.agent}/clone", {"slug": fresh()}), "path.slug"),
        probe(lambda x, own: post(f"/v1/agents/{own.agent}/clone", {"slug": x.unused()}), "body.slug"),
    ],
    "start_agent_run": [
        probe(lambda x, _: post(f"/v1/agents/{x.agent}/runs", {"message": "m"}), "path.slug"),
        probe(
            lambda x, own: post(f"/v1/agents/{own.agent}/runs", {"message": "m"}, Idempotency_Key=x.unused()),
            "header.Idempotency-Key",
        ),
    ],
    "test_agent": [
        probe(lambda x, _: post(f"/v1/agents/{x.agent}/test", {"message": "m", "confirm": True}), "path.slug"),
        probe(
            lambda x, own: post(
                f"/v1/agents/{own.agent}/test", {"message": "m", "confirm": True}, Idempotency_Key=x.unused()
            ),
            "header.Idempotency-Key",
        ),
    ],
    "list_crews": [
        probe(lambda x, _: get("/v1/crews", q=x.crew), "query.q"),
        probe(lambda x, _: get("/v1/crews", tag=x.tag), "query.tag", blind="no crew there has a tag either"),
        probe(lambda x, _: get("/v1/crews", cursor=encode_cursor(f"zz{x.crew}")), "query.cursor", blind=PLACE),
    ],
    "create_crew": [probe(lambda x, _: post("/v1/crews", {"name": "N", "slug": x.unused()}), "body.slug")],
    "clone_crew": [
        probe(lambda x, own: post(f"/v1/crews/{x.crew}/clone", {"slug": fresh()}), "path.slug"),
        probe(lambda x, own: post(f"/v1/crews/{own.crew}/clone", {"slug": x.unused()}), "body.slug"),
    ],
    "test_crew": [
        probe(lambda x, _: post(f"/v1/crews/{x.crew}/test", {"message": "m", "confirm": True}), "path.slug"),
        probe(
            lambda x, own: post(
                f"/v1/crews/{own.crew}/test", {"message": "m", "confirm": True}, Idempotency_Key=x.unused()
            ),
            "header.Idempotency-Key",
        ),
    ],
    "get_crew": [probe(lambda x, _: get(f"/v1/crews/{x.crew}"), "path.slug")],
    "save_crew": [probe(lambda x, _: put(f"/v1/crews/{x.crew}", {"config": CREW, "revision": 1}), "path.slug")],
    "publish_crew": [probe(lambda x, _: post(f"/v1/crews/{x.crew}/publish", {"revision": 1}), "path.slug")],
    "start_crew_run": [
        probe(lambda x, _: post(f"/v1/crews/{x.crew}/runs", {"message": "m"}), "path.slug"),
        probe(
            lambda x, own: post(f"/v1/crews/{own.crew}/runs", {"message": "m"}, Idempotency_Key=x.unused()),
            "header.Idempotency-Key",
        ),
    ],
    "archive_agent": [probe(lambda x, _: post(f"/v1/agents/{x.agent}/archive"), "path.slug")],
    "unarchive_agent": [probe(lambda x, _: post(f"/v1/agents/{x.agent}/unarchive"), "path.slug")],
    "archive_crew": [probe(lambda x, _: post(f"/v1/crews/{x.crew}/archive"), "path.slug")],
    "unarchive_crew": [probe(lambda x, _: post(f"/v1/crews/{x.crew}/unarchive"), "path.slug")],
    "delete_crew": [probe(lambda x, _: delete(f"/v1/crews/{x.crew}"), "path.slug")],
    "delete_agent": [probe(lambda x, _: delete(f"/v1/agents/{x.agent_draft}"), "path.slug")],
    "get_run_transcript": [
        probe(lambda x, _: get(f"/v1/runs/{x.run}/transcript"), "path.run_id"),
        probe(lambda x, _: get(f"/v1/runs/{x.run}/transcript", cursor="WyIyMDAwIl0"), "query.cursor"),
    ],
    "steer_run": [
        probe(lambda x, _: post(f"/v1/runs/{x.waiting_run}/steer", {"message": "m"}), "path.run_id"),
        probe(
            lambda x, _: post(f"/v1/runs/{x.waiting_run}/steer", {"message": "m"}, Idempotency_Key=x.unused()),
            "header.Idempotency-Key",
        ),
    ],
    "import_openapi_tools": [
        probe(
            lambda x, _: post("/v1/tools/openapi", {"url": "http://127.0.0.1:1/", "credential": x.credential}),
            "body.credential",
            "body.url",
        )
    ],
    "list_mcp_tools": [
        probe(
            lambda x, _: post("/v1/tools/mcp", {"url": "http://127.0.0.1:1/", "credential": x.credential}),
            "body.credential",
            "body.url",
        )
    ],
    "list_knowledge_bases": [
        probe(lambda x, _: get("/v1/knowledge", cursor=encode_cursor(f"zz{x.knowledge}")), "query.cursor", blind=PLACE)
    ],
    "create_knowledge_base": [
        probe(lambda x, _: post("/v1/knowledge", {"name": "N", "slug": x.unused()}), "body.slug")
    ],
    "get_knowledge_base": [probe(lambda x, _: get(f"/v1/knowledge/{x.knowledge}"), "path.slug")],
    "search_knowledge_base": [
        probe(
            lambda x, _: post(
                f"/v1/knowledge/{x.knowledge}-not/search", {"query": "q", "filter": {"document": x.word}}
            ),
            "path.slug",
            "body.filter",
            blind="there is no worker to search; tests/api/knowledge has one",
        )
    ],
    "list_knowledge_documents": [
        probe(lambda x, _: get(f"/v1/knowledge/{x.knowledge}/documents"), "path.slug"),
        probe(
            lambda x, own: get(f"/v1/knowledge/{own.knowledge}/documents", cursor=moment_cursor(x.document)),
            "query.cursor",
            blind=PLACE,
        ),
    ],
    "get_knowledge_document": [
        probe(lambda x, own: get(f"/v1/knowledge/{x.knowledge}/documents/{own.document}"), "path.slug"),
        probe(lambda x, own: get(f"/v1/knowledge/{own.knowledge}/documents/{x.document}"), "path.document_id"),
    ],
    "list_knowledge_chunks": [
        probe(lambda x, own: get(f"/v1/knowledge/{x.knowledge}/documents/{own.document}/chunks"), "path.slug"),
        probe(lambda x, own: get(f"/v1/knowledge/{own.knowledge}/documents/{x.document}/chunks"), "path.document_id"),
        probe(
            lambda x, own: get(f"/v1/knowledge/{x.knowledge}/documents/{own.document}/chunks", cursor="WyIwIl0"),
            "query.cursor",
        ),
    ],
    "update_knowledge_base": [
        probe(lambda x, _: patch(f"/v1/knowledge/{x.knowledge}", {"description": "D"}), "path.slug")
    ],
    "put_knowledge_document": [
        probe(lambda x, _: post(f"/v1/knowledge/{x.knowledge}/documents", {"name": "Other", "text": "T"}), "path.slug"),
        probe(
            lambda x, own: post(f"/v1/knowledge/{own.knowledge}/documents", {"name": fresh(), "file": x.run}),
            "body.file",
            blind="a run is no file; tests of files have one",
        ),
    ],
    "ingest_knowledge_document": [
        probe(lambda x, own: post(f"/v1/knowledge/{x.knowledge}/documents/{own.document}/ingest"), "path.slug"),
        probe(lambda x, own: post(f"/v1/knowledge/{own.knowledge}/documents/{x.document}/ingest"), "path.document_id"),
    ],
    "list_memories": [
        probe(lambda x, _: get("/v1/memories", memory=x.agent), "query.memory"),
        probe(lambda x, _: get("/v1/memories", subject=x.subject), "query.subject"),
        probe(lambda x, _: get("/v1/memories", q=x.word), "query.q"),
        probe(lambda x, _: get("/v1/memories", cursor=moment_cursor(x.memory)), "query.cursor", blind=PLACE),
    ],
    "create_memory": [
        probe(
            lambda x, own: post("/v1/memories", {"memory": x.knowledge, "subject": x.word, "text": fresh()}),
            "body.memory",
            "body.subject",
            blind="words, under which something is kept",
        )
    ],
    "change_memory": [probe(lambda x, _: patch(f"/v1/memories/{x.memory}", {"text": fresh()}), "path.memory_id")],
    "erase_memories": [
        probe(
            lambda x, _: post("/v1/memories/erase", {"subject": x.subject, "memory": x.agent}),
            "body.subject",
            "body.memory",
        )
    ],
    "delete_memory": [probe(lambda x, _: delete(f"/v1/memories/{x.memory}"), "path.memory_id")],
    "delete_knowledge_document": [
        probe(lambda x, own: delete(f"/v1/knowledge/{x.knowledge}/documents/{own.run}"), "path.slug"),
        probe(lambda x, own: delete(f"/v1/knowledge/{own.knowledge}/documents/{x.document}"), "path.document_id"),
    ],
    "delete_knowledge_base": [probe(lambda x, _: delete(f"/v1/knowledge/{x.knowledge}"), "path.slug")],
    "create_chat_session": [probe(lambda x, _: post("/v1/chat/sessions", {"agent": x.agent}), "body.agent")],
    "list_chat_sessions": [
        probe(lambda x, _: get("/v1/chat/sessions", agent=x.agent), "query.agent"),
        probe(lambda x, _: get("/v1/chat/sessions", q=x.word), "query.q"),
        probe(lambda x, _: get("/v1/chat/sessions", cursor=moment_cursor(x.chat)), "query.cursor", blind=PLACE),
    ],
    "get_chat_session": [probe(lambda x, _: get(f"/v1/chat/sessions/{x.chat}"), "path.session_id")],
    "export_chat_session": [probe(lambda x, _: get(f"/v1/chat/sessions/{x.chat}/export"), "path.session_id")],
    "list_chat_messages": [
        probe(lambda x, _: get(f"/v1/chat/sessions/{x.human_chat}/messages"), "path.session_id"),
        probe(
            lambda x, own: get(f"/v1/chat/sessions/{own.human_chat}/messages", before=x.chat_message), "query.before"
        ),
    ],
    "stream_chat_session": [
        probe(lambda x, _: get(f"/v1/chat/sessions/{x.chat}/events", after="x"), "path.session_id", "query.after")
    ],
    "rename_chat_session": [
        probe(lambda x, _: patch(f"/v1/chat/sessions/{x.chat}", {"title": "T"}), "path.session_id")
    ],
    "clear_chat_session": [probe(lambda x, _: post(f"/v1/chat/sessions/{x.chat}/clear"), "path.session_id")],
    "choose_chat_branch": [
        probe(
            lambda x, own: put(f"/v1/chat/sessions/{x.human_chat}/branch", {"message_id": own.chat_message}),
            "path.session_id",
        ),
        probe(
            lambda x, own: put(f"/v1/chat/sessions/{own.human_chat}/branch", {"message_id": x.chat_message}),
            "body.message_id",
        ),
    ],
    "hand_over_chat": [
        probe(
            lambda x, _: post(f"/v1/chat/sessions/{x.human_chat}/hand-over", {"to": x.owner_email}),
            "path.session_id",
            "body.to",
        )
    ],
    "send_chat_message": [
        probe(lambda x, _: post(f"/v1/chat/sessions/{x.human_chat}/messages", {"content": "c"}), "path.session_id"),
        probe(
            lambda x, own: post(
                f"/v1/chat/sessions/{own.human_chat}/messages", {"content": "c", "parent_id": x.chat_message}
            ),
            "body.parent_id",
        ),
        probe(
            lambda x, own: post(
                f"/v1/chat/sessions/{own.human_chat}/messages",
                {"content": "c", "parent_id": own.run},
                Idempotency_Key=x.unused(),
            ),
            "header.Idempotency-Key",
            blind=WITHIN,
        ),
    ],
    "edit_chat_message": [
        probe(
            lambda x, own: post(f"/v1/chat/sessions/{x.human_chat}/messages/{own.chat_message}/edit", {"content": "c"}),
            "path.session_id",
        ),
        probe(
            lambda x, own: post(f"/v1/chat/sessions/{own.human_chat}/messages/{x.chat_message}/edit", {"content": "c"}),
            "path.message_id",
        ),
        probe(
            lambda x, own: post(
                f"/v1/chat/sessions/{own.human_chat}/messages/{own.run}/edit",
                {"content": "c"},
                Idempotency_Key=x.unused(),
            ),
            "header.Idempotency-Key",
            blind=WITHIN,
        ),
    ],
    "regenerate_chat_message": [
        probe(
            lambda x, own: post(f"/v1/chat/sessions/{x.human_chat}/messages/{own.chat_message}/regenerate"),
            "path.session_id",
        ),
        probe(
            lambda x, own: post(f"/v1/chat/sessions/{own.human_chat}/messages/{x.chat_message}/regenerate"),
            "path.message_id",
        ),
        probe(
            lambda x, own: post(
                f"/v1/chat/sessions/{own.human_chat}/messages/{own.run}/regenerate",
                Idempotency_Key=x.unused(),
            ),
            "header.Idempotency-Key",
            blind=WITHIN,
        ),
    ],
    "hand_back_chat": [probe(lambda x, _: post(f"/v1/chat/sessions/{x.chat}/hand-back"), "path.session_id")],
    "delete_chat_session": [probe(lambda x, _: delete(f"/v1/chat/sessions/{x.chat}"), "path.session_id")],
}
"""Agents."""
