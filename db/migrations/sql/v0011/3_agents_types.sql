-- An agent is a workflow of one node, which people find in a list of its own.

ALTER TABLE workflows
    ADD COLUMN type text DEFAULT 'workflow' NOT NULL,
    ADD CONSTRAINT workflows_type_check CHECK (type IN ('workflow', 'agent'));
CREATE INDEX workflows_agents_idx ON workflows (workspace_id, slug) WHERE type = 'agent';
