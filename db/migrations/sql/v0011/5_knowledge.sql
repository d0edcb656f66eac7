-- What agents can look up. Texts and vectors are kept here; an index is made of them, and can be made anew.

CREATE TABLE knowledge_bases (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    description text,
    model text NOT NULL,
    dimensions integer,
    chunk_chars integer NOT NULL,
    overlap_chars integer NOT NULL,
    seq bigint DEFAULT 0 NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT knowledge_bases_pkey PRIMARY KEY (id),
    CONSTRAINT knowledge_bases_workspace_id_slug_key UNIQUE (workspace_id, slug),
    CONSTRAINT knowledge_bases_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT knowledge_bases_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);
CALL perdure_make_tenant('knowledge_bases');

-- `revision` counts contents; `ingested` is the revision whose chunks are complete. A document that is not ingested and
-- was not started for a while is started again.
CREATE TABLE knowledge_documents (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    base_id uuid NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL,
    content_hash text NOT NULL,
    size bigint NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    status text DEFAULT 'pending' NOT NULL,
    error jsonb,
    revision integer DEFAULT 1 NOT NULL,
    chunks integer DEFAULT 0 NOT NULL,
    embedded integer DEFAULT 0 NOT NULL,
    reused integer DEFAULT 0 NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    dispatched_at timestamptz,
    CONSTRAINT knowledge_documents_pkey PRIMARY KEY (id),
    CONSTRAINT knowledge_documents_base_id_name_key UNIQUE (base_id, name),
    CONSTRAINT knowledge_documents_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT knowledge_documents_workspace_id_base_id_fkey FOREIGN KEY (workspace_id, base_id)
        REFERENCES knowledge_bases (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT knowledge_documents_status_check CHECK (status IN ('pending', 'running', 'ready', 'failed'))
);
CREATE INDEX knowledge_documents_list_idx ON knowledge_documents (base_id, created_at, id);
CREATE INDEX knowledge_documents_unfinished_idx ON knowledge_documents (created_at) WHERE status IN ('pending', 'running');
CALL perdure_make_tenant('knowledge_documents');

-- `seq` counts within the base, in the order in which texts, and then their vectors, were committed: an index that has seen
-- all up to a number needs only what comes after it.
CREATE TABLE knowledge_chunks (
    id bigint GENERATED ALWAYS AS IDENTITY,
    workspace_id uuid NOT NULL,
    base_id uuid NOT NULL,
    document_id uuid NOT NULL,
    revision integer NOT NULL,
    position integer NOT NULL,
    hash text NOT NULL,
    text text NOT NULL,
    page integer,
    heading text,
    embedding bytea,
    seq bigint,
    CONSTRAINT knowledge_chunks_pkey PRIMARY KEY (id),
    CONSTRAINT knowledge_chunks_document_id_hash_key UNIQUE (document_id, hash),
    CONSTRAINT knowledge_chunks_workspace_id_document_id_fkey FOREIGN KEY (workspace_id, document_id)
        REFERENCES knowledge_documents (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX knowledge_chunks_seq_idx ON knowledge_chunks (base_id, seq);
CREATE INDEX knowledge_chunks_unembedded_idx ON knowledge_chunks (document_id, position) WHERE embedding IS NULL;
CALL perdure_make_tenant('knowledge_chunks');

-- Facts that agents keep. `subject` is whom a fact is about, so that all of them can be erased together.
CREATE TABLE agent_memories (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    scope text NOT NULL,
    subject text,
    text text NOT NULL,
    hash text NOT NULL,
    source jsonb DEFAULT '{}'::jsonb NOT NULL,
    embedding bytea,
    model text,
    expires_at timestamptz,
    created_by text NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    search tsvector GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED,
    CONSTRAINT agent_memories_pkey PRIMARY KEY (id),
    CONSTRAINT agent_memories_fact_key UNIQUE NULLS NOT DISTINCT (workspace_id, scope, subject, hash),
    CONSTRAINT agent_memories_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);
CREATE INDEX agent_memories_list_idx ON agent_memories (workspace_id, created_at, id);
CREATE INDEX agent_memories_scope_idx ON agent_memories (workspace_id, scope, subject, created_at);
CREATE INDEX agent_memories_expired_idx ON agent_memories (expires_at) WHERE expires_at IS NOT NULL;
CALL perdure_make_tenant('agent_memories');

GRANT SELECT, INSERT, UPDATE, DELETE ON knowledge_bases, knowledge_documents, knowledge_chunks, agent_memories TO perdure_app;
GRANT SELECT ON knowledge_bases, knowledge_documents, knowledge_chunks, agent_memories TO perdure_system;
GRANT DELETE ON agent_memories TO perdure_system;
