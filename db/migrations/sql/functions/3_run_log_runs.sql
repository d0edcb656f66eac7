-- What the interpreter itself writes about its run.

-- Creates the row of a run that a sub_workflow node has started; a second time it changes nothing.
CREATE FUNCTION run_log_create_child(p_workspace uuid, p_run uuid, p_attempt integer, p_child jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('perdure.workspace_id', p_workspace::text, true);
    INSERT INTO runs (
        id, workspace_id, workflow_id, version_id, status, attempt, input, trigger, parent_run_id, parent_path,
        last_event_seq, dispatched_at)
    SELECT p_run, p_workspace, v.workflow_id, v.id, 'pending', p_attempt, nullif(p_child -> 'input', 'null'),
        'sub_workflow', (p_child ->> 'parent_run_id')::uuid, p_child ->> 'parent_path', 1, clock_timestamp()
    FROM workflow_versions v WHERE v.id = (p_child #>> '{version,version_id}')::uuid
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO run_events (workspace_id, run_id, seq, type, data)
        VALUES (p_workspace, p_run, 1, 'run.created', jsonb_build_object(
            'trigger', 'sub_workflow', 'parent_run_id', p_child ->> 'parent_run_id',
            'parent_path', p_child ->> 'parent_path'));
    END IF;
END
$$;

-- Stores entries, and a new status of the run: paused, or running again.
-- Returns false if the run has ended or a later attempt has begun; then nothing is stored.
CREATE FUNCTION run_log_write(
    p_workspace uuid, p_run uuid, p_attempt integer, p_entries jsonb, p_status text, p_child jsonb
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_told record;
BEGIN
    IF p_child IS NOT NULL THEN
        PERFORM run_log_create_child(p_workspace, p_run, p_attempt, p_child);
    END IF;
    v_run := run_log_open(p_workspace, p_run, p_attempt);
    IF NOT v_run.live THEN
        RETURN false;
    END IF;
    IF p_entries IS NOT NULL THEN
        v_told := run_log_entries(p_workspace, p_run, p_attempt, p_entries, v_run.seq);
        UPDATE runs SET last_event_seq = v_told.p_seq, steps_done = steps_done + v_told.done,
            updated_at = clock_timestamp()
        WHERE id = p_run AND last_event_seq <> v_told.p_seq;
    END IF;
    IF p_status IN ('running', 'paused') AND p_status <> v_run.status THEN
        UPDATE runs SET status = p_status WHERE id = p_run;
        PERFORM run_log_append(
            p_run, CASE p_status WHEN 'paused' THEN 'run.paused' ELSE 'run.resumed' END, NULL, NULL, NULL, NULL);
    END IF;
    RETURN true;
END
$$;

-- Ends a run. Returns whether it did: false if it had ended already, or a later attempt has begun.
-- Nothing of an ended run looks as if it went on: open requests, waits and steps are cancelled with it.
CREATE FUNCTION run_log_close(
    p_workspace uuid, p_run uuid, p_attempt integer, p_status text, p_output jsonb, p_error jsonb, p_snapshot bytea,
    p_entries jsonb, p_child jsonb
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_told record;
    v_seq bigint;
    v_done integer := 0;
    s record;
BEGIN
    IF p_child IS NOT NULL THEN
        PERFORM run_log_create_child(p_workspace, p_run, p_attempt, p_child);
    END IF;
    v_run := run_log_open(p_workspace, p_run, p_attempt);
    IF NOT v_run.live THEN
        RETURN false;
    END IF;
    v_seq := v_run.seq;
    IF p_entries IS NOT NULL THEN
        v_told := run_log_entries(p_workspace, p_run, p_attempt, p_entries, v_seq);
        v_seq := v_told.p_seq;
        v_done := v_told.done;
    END IF;
    UPDATE approvals SET status = 'cancelled', decided_at = clock_timestamp()
    WHERE run_id = p_run AND status = 'pending';
    UPDATE waiters SET status = 'cancelled' WHERE run_id = p_run AND status = 'waiting';
    FOR s IN
        UPDATE steps SET status = 'cancelled', ended_at = clock_timestamp()
        WHERE run_id = p_run AND status IN ('pending', 'running', 'waiting')
        RETURNING path, iteration, kind, name
    LOOP
        v_seq := v_seq + 1;
        INSERT INTO run_events (workspace_id, run_id, seq, type, path, iteration, data)
        VALUES (p_workspace, p_run, v_seq, 'step.cancelled', s.path, s.iteration,
            jsonb_build_object('kind', s.kind, 'name', s.name));
    END LOOP;
    v_seq := v_seq + 1;
    UPDATE runs SET
        status = p_status, output = p_output, error = p_error, snapshot = coalesce(p_snapshot, snapshot),
        last_event_seq = v_seq, steps_done = steps_done + v_done,
        ended_at = clock_timestamp(), updated_at = clock_timestamp()
    WHERE id = p_run;
    INSERT INTO run_events (workspace_id, run_id, seq, type, data)
    SELECT p_workspace, p_run, v_seq, 'run.' || p_status,
        jsonb_build_object(
            'attempt', p_attempt, 'cost_usd', r.cost_usd, 'tokens_in', r.tokens_in, 'tokens_out', r.tokens_out,
            'steps_done', r.steps_done)
        || run_log_field('output', p_output) || run_log_field('error', p_error)
    FROM runs r WHERE r.id = p_run;
    RETURN true;
END
$$;

DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'run\_log\_%' LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO perdure_app, perdure_system', f);
    END LOOP;
END
$$;
