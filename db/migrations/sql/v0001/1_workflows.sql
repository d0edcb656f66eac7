-- Workspaces, and what can be run.

CREATE TABLE workspaces (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT workspaces_pkey PRIMARY KEY (id),
    CONSTRAINT workspaces_slug_key UNIQUE (slug)
);

CREATE TABLE workflows (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    archived_at timestamptz,
    CONSTRAINT workflows_pkey PRIMARY KEY (id),
    CONSTRAINT workflows_workspace_id_slug_key UNIQUE (workspace_id, slug),
    CONSTRAINT workflows_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT workflows_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);

CREATE TABLE workflow_versions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    version integer NOT NULL,
    document jsonb NOT NULL,
    plan_hash text NOT NULL,
    blob_hash text NOT NULL,
    blob_size bigint NOT NULL,
    note text,
    author text,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT workflow_versions_pkey PRIMARY KEY (id),
    CONSTRAINT workflow_versions_workflow_id_version_key UNIQUE (workflow_id, version),
    CONSTRAINT workflow_versions_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT workflow_versions_workspace_id_workflow_id_fkey FOREIGN KEY (workspace_id, workflow_id) REFERENCES workflows (workspace_id, id)
);

CREATE TABLE blobs (
    workspace_id uuid NOT NULL,
    hash text NOT NULL,
    data bytea NOT NULL,
    size bigint NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT blobs_pkey PRIMARY KEY (workspace_id, hash),
    CONSTRAINT blobs_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);

INSERT INTO workspaces (id, slug, name) VALUES ('00000000-0000-4000-8000-000000000001', 'default', 'Default');
