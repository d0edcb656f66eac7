-- Vectors of deleted documents and bases that a vector index may still hold. The row is the promise that they are removed; it
-- outlives what it is about, so it refers to nothing but the workspace.
CREATE TABLE knowledge_removals (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    base_id uuid NOT NULL,
    document_id uuid,  -- null: the whole base
    dimensions integer,  -- null: it had no vectors, only words
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    dispatched_at timestamptz,
    CONSTRAINT knowledge_removals_pkey PRIMARY KEY (id),
    CONSTRAINT knowledge_removals_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);
CREATE INDEX knowledge_removals_due_idx ON knowledge_removals (created_at);
CALL perdure_make_tenant('knowledge_removals');

-- People hear of conversations that are handed to them as they hear of requests.
ALTER TABLE notifications
    ALTER COLUMN approval_id DROP NOT NULL,
    ADD COLUMN session_id uuid,
    ADD CONSTRAINT notifications_session_id_key_key UNIQUE (session_id, key),
    ADD CONSTRAINT notifications_workspace_id_session_id_fkey FOREIGN KEY (workspace_id, session_id)
        REFERENCES chat_sessions (workspace_id, id) ON DELETE CASCADE,
    ADD CONSTRAINT notifications_subject_check CHECK (num_nonnulls(approval_id, session_id) = 1);
ALTER TABLE notification_messages
    ADD COLUMN session_id uuid,
    ADD CONSTRAINT notification_messages_workspace_id_session_id_fkey FOREIGN KEY (workspace_id, session_id)
        REFERENCES chat_sessions (workspace_id, id) ON DELETE CASCADE;
CREATE INDEX notification_messages_session_idx ON notification_messages (workspace_id, session_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON knowledge_removals TO perdure_app;
GRANT SELECT ON knowledge_removals TO perdure_system;
