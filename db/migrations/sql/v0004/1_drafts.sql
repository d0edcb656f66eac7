-- What people work on before it is published.

ALTER TABLE workflows
    ADD COLUMN description text,
    ADD COLUMN tags text[] DEFAULT '{}' NOT NULL;

-- One draft per workflow. `revision` counts up with every save, and never starts again.
CREATE TABLE workflow_drafts (
    workflow_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    revision integer NOT NULL,
    base_version integer,
    changed boolean NOT NULL,
    faults integer NOT NULL,
    CONSTRAINT workflow_drafts_pkey PRIMARY KEY (workflow_id),
    CONSTRAINT workflow_drafts_workspace_id_workflow_id_fkey FOREIGN KEY (workspace_id, workflow_id)
        REFERENCES workflows (workspace_id, id) ON DELETE CASCADE
);
CALL perdure_make_tenant('workflow_drafts');

-- The draft's document, and its latest earlier ones: whoever saves on top of an old revision gets both sides.
CREATE TABLE draft_revisions (
    workflow_id uuid NOT NULL,
    revision integer NOT NULL,
    workspace_id uuid NOT NULL,
    document jsonb NOT NULL,
    saved_by text NOT NULL,
    saved_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT draft_revisions_pkey PRIMARY KEY (workflow_id, revision),
    CONSTRAINT draft_revisions_workspace_id_workflow_id_fkey FOREIGN KEY (workspace_id, workflow_id)
        REFERENCES workflows (workspace_id, id) ON DELETE CASCADE
);
CALL perdure_make_tenant('draft_revisions');

-- A workflow that was never published nor run may be deleted; its draft goes with it.
GRANT SELECT, INSERT, UPDATE ON workflow_drafts TO perdure_app, perdure_system;
GRANT SELECT, INSERT, DELETE ON draft_revisions TO perdure_app, perdure_system;
GRANT DELETE ON workflows TO perdure_app;

-- The draft of what was published before there were drafts is its newest version. Row security binds the owner of the
-- tables too, so this is done as the role that sees all rows.
SET LOCAL ROLE perdure_system;
WITH newest AS (
    SELECT DISTINCT ON (v.workflow_id) v.* FROM workflow_versions v ORDER BY v.workflow_id, v.version DESC
), drafts AS (
    INSERT INTO workflow_drafts (workflow_id, workspace_id, revision, base_version, changed, faults)
    SELECT workflow_id, workspace_id, 1, version, false, 0 FROM newest
)
INSERT INTO draft_revisions (workflow_id, revision, workspace_id, document, saved_by, saved_at)
SELECT workflow_id, 1, workspace_id, document, coalesce(author, 'operator'), created_at FROM newest;

UPDATE workflows w SET description = d.document ->> 'description' FROM draft_revisions d WHERE d.workflow_id = w.id;
RESET ROLE;
