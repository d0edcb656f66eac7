-- Accepts a run: the row, which is the promise that it will happen, and its first event, in one round trip.
--
--   p_newest  the number that the version has, if it was chosen for being the newest; else NULL
--   outcome   'created'  the run is new
--             'known'    the key was used before: run_id, version_id, created_at and request_hash are of that run
--             'stale'    a newer version was published meanwhile, or the workflow archived; nothing was written
--
-- Who started it stands in the row (p_started_by: kind, id, name, address, request_id), not in the audit log: the row is
-- never deleted by anybody but retention, so it is the record, and a column costs the start a few bytes where an entry
-- would cost a second row with its indexes. A fork steers another run's data, so it is in the log like every steering.
CREATE FUNCTION run_log_create(
    p_workspace uuid, p_run uuid, p_workflow uuid, p_version uuid, p_newest integer, p_input jsonb,
    p_key text, p_request_hash text, p_trigger text, p_forked_from uuid, p_edit jsonb, p_snapshot bytea,
    p_started_by jsonb, p_pinned jsonb,
    OUT outcome text, OUT run_id uuid, OUT version_id uuid, OUT created_at timestamptz, OUT request_hash text
) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('perdure.workspace_id', p_workspace::text, true);
    IF (
        p_newest IS NOT NULL AND EXISTS (
            SELECT FROM workflow_versions v WHERE v.workflow_id = p_workflow AND v.version > p_newest)
        OR p_forked_from IS NULL AND EXISTS (
            SELECT FROM workflows w WHERE w.id = p_workflow AND w.archived_at IS NOT NULL)
    ) AND NOT EXISTS (SELECT FROM runs r WHERE r.workspace_id = p_workspace AND r.idempotency_key = p_key) THEN
        outcome := 'stale';
        RETURN;
    END IF;
    PERFORM quota_admit_new(p_workspace, p_run, p_key);
    INSERT INTO runs AS r (
        id, workspace_id, workflow_id, version_id, input, idempotency_key, request_hash, trigger, forked_from, edit,
        snapshot, started_by, pinned, last_event_seq)
    VALUES (
        p_run, p_workspace, p_workflow, p_version, p_input, p_key, p_request_hash, p_trigger, p_forked_from, p_edit,
        p_snapshot, p_started_by, coalesce(p_pinned, '{}'), 1)
    ON CONFLICT DO NOTHING
    RETURNING 'created', r.id, r.version_id, r.created_at, r.request_hash
    INTO outcome, run_id, version_id, created_at, request_hash;
    IF FOUND THEN
        INSERT INTO run_events (workspace_id, run_id, seq, type, data)
        VALUES (p_workspace, p_run, 1, 'run.created',
            jsonb_build_object('trigger', p_trigger) || run_log_field('forked_from', to_jsonb(p_forked_from)));
        IF p_forked_from IS NOT NULL THEN
            PERFORM run_log_audit_fork(p_workspace, p_run, p_forked_from, p_edit, p_started_by);
        END IF;
        RETURN;
    END IF;
    -- The run itself is there if its first insert was committed but the answer was lost.
    SELECT CASE r.id WHEN p_run THEN 'created' ELSE 'known' END, r.id, r.version_id, r.created_at, r.request_hash
    INTO outcome, run_id, version_id, created_at, request_hash
    FROM runs r WHERE r.workspace_id = p_workspace AND (r.id = p_run OR r.idempotency_key = p_key);
END
$$;

CREATE FUNCTION run_log_audit_fork(
    p_workspace uuid, p_run uuid, p_forked_from uuid, p_edit jsonb, p_actor jsonb
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_log (
        workspace_id, actor_kind, actor_id, actor_name, address, request_id, action, subject_kind, subject_id, after)
    VALUES (
        p_workspace, p_actor ->> 'kind', (p_actor ->> 'id')::uuid, p_actor ->> 'name', p_actor ->> 'address',
        p_actor ->> 'request_id', 'run.forked', 'run', p_forked_from,
        jsonb_build_object(
            'run_id', p_run, 'node', p_edit -> 'node',
            'outputs', (SELECT coalesce(jsonb_agg(k ORDER BY k), '[]') FROM jsonb_object_keys(p_edit -> 'outputs') k)));
END
$$;

REVOKE ALL ON FUNCTION run_log_audit_fork FROM PUBLIC;
GRANT EXECUTE ON FUNCTION run_log_audit_fork TO perdure_app, perdure_system;
REVOKE ALL ON FUNCTION run_log_create FROM PUBLIC;
GRANT EXECUTE ON FUNCTION run_log_create TO perdure_app, perdure_system;
