-- Runs that came back from a backup are compared with Temporal once: either may know more than the other.

ALTER TABLE runs ADD COLUMN backed_up_at timestamptz;
ALTER TABLE runs ADD COLUMN restored_at timestamptz;
CREATE INDEX runs_restored_idx ON runs (id) WHERE restored_at IS NOT NULL;
