-- Conversations of people with agents. Each answer of an agent is a run; what it said is read from the run.

CREATE TABLE chat_sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    version integer,
    title text,
    status text DEFAULT 'agent' NOT NULL,
    handler text,
    handed_by text,
    handed_note text,
    owner_kind text NOT NULL,
    owner_id uuid,
    owner_name text NOT NULL,
    context jsonb,
    head_id uuid,
    last_seq integer DEFAULT 0 NOT NULL,
    let_pass text[] DEFAULT '{}' NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT chat_sessions_pkey PRIMARY KEY (id),
    CONSTRAINT chat_sessions_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT chat_sessions_workspace_id_workflow_id_fkey FOREIGN KEY (workspace_id, workflow_id)
        REFERENCES workflows (workspace_id, id),
    CONSTRAINT chat_sessions_status_check CHECK (status IN ('agent', 'human'))
);
CREATE INDEX chat_sessions_list_idx ON chat_sessions (workspace_id, updated_at, id);
CREATE INDEX chat_sessions_workflow_idx ON chat_sessions (workflow_id);
CALL perdure_make_tenant('chat_sessions');

-- A tree: what is edited or answered again gets a sibling. `seq` counts within the session, in the order of writing.
CREATE TABLE chat_messages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    session_id uuid NOT NULL,
    seq integer NOT NULL,
    parent_id uuid,
    author text NOT NULL,
    author_name text,
    content jsonb,
    run_id uuid,
    idempotency_key text,
    request_hash text,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT chat_messages_pkey PRIMARY KEY (id),
    CONSTRAINT chat_messages_session_id_seq_key UNIQUE (session_id, seq),
    CONSTRAINT chat_messages_session_id_id_key UNIQUE (session_id, id),
    CONSTRAINT chat_messages_workspace_id_session_id_fkey FOREIGN KEY (workspace_id, session_id)
        REFERENCES chat_sessions (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT chat_messages_session_id_parent_id_fkey FOREIGN KEY (session_id, parent_id)
        REFERENCES chat_messages (session_id, id) ON DELETE CASCADE,
    CONSTRAINT chat_messages_workspace_id_run_id_fkey FOREIGN KEY (workspace_id, run_id)
        REFERENCES runs (workspace_id, id) ON DELETE SET NULL (run_id),
    CONSTRAINT chat_messages_author_check CHECK (author IN ('user', 'agent', 'member'))
);
CREATE UNIQUE INDEX chat_messages_run_idx ON chat_messages (run_id) WHERE run_id IS NOT NULL;
CREATE UNIQUE INDEX chat_messages_key_idx ON chat_messages (session_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE INDEX chat_messages_parent_idx ON chat_messages (session_id, parent_id);
CALL perdure_make_tenant('chat_messages');

GRANT SELECT, INSERT, UPDATE, DELETE ON chat_sessions TO perdure_app;
GRANT SELECT, INSERT, DELETE ON chat_messages TO perdure_app;
GRANT SELECT ON chat_sessions, chat_messages TO perdure_system;
