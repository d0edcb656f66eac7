-- Prompts: texts with variables, in versions that never change; labels say which version counts where.
CREATE TABLE prompts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by text NOT NULL,
    CONSTRAINT prompts_workspace_id_name_key UNIQUE (workspace_id, name),
    CONSTRAINT prompts_workspace_id_id_key UNIQUE (workspace_id, id)
);
CALL perdure_make_tenant('prompts');

CREATE TABLE prompt_versions (
    prompt_id uuid NOT NULL,
    version integer NOT NULL,
    workspace_id uuid NOT NULL,
    text text NOT NULL,
    variables text[] NOT NULL,
    note text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by text NOT NULL,
    PRIMARY KEY (prompt_id, version),
    CONSTRAINT prompt_versions_workspace_id_prompt_id_fkey
        FOREIGN KEY (workspace_id, prompt_id) REFERENCES prompts (workspace_id, id) ON DELETE CASCADE
);
CALL perdure_make_tenant('prompt_versions');

CREATE TABLE prompt_labels (
    prompt_id uuid NOT NULL,
    label text NOT NULL,
    workspace_id uuid NOT NULL,
    version integer NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by text NOT NULL,
    PRIMARY KEY (prompt_id, label),
    CONSTRAINT prompt_labels_workspace_id_prompt_id_fkey
        FOREIGN KEY (workspace_id, prompt_id) REFERENCES prompts (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT prompt_labels_prompt_id_version_fkey
        FOREIGN KEY (prompt_id, version) REFERENCES prompt_versions (prompt_id, version) ON DELETE CASCADE
);
CALL perdure_make_tenant('prompt_labels');

GRANT SELECT, INSERT, UPDATE, DELETE ON prompts, prompt_labels TO perdure_app;
GRANT SELECT, INSERT ON prompt_versions TO perdure_app;
GRANT SELECT ON prompts, prompt_versions, prompt_labels TO perdure_system;
