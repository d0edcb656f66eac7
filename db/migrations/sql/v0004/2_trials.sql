-- A draft is tried out as version 0, which no start can name: its plan is as immutable as that of any version.
-- `trial` is the hash of the plan then, and empty for what is published.

ALTER TABLE workflow_versions
    ADD COLUMN trial text DEFAULT '' NOT NULL,
    ADD CONSTRAINT workflow_versions_trial_check CHECK ((version = 0) = (trial <> '')),
    DROP CONSTRAINT workflow_versions_workflow_id_version_key,
    ADD CONSTRAINT workflow_versions_workflow_id_version_trial_key UNIQUE (workflow_id, version, trial);
