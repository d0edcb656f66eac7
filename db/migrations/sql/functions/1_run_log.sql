-- The functions of the run log: one round trip each, called by the role perdure_app.
--
-- Lock order, everywhere: first the row of the run, then anything that belongs to it. The lock on the run also makes
-- the sequence of its events gapless: a number is taken and its event written in the same transaction.
--
-- SQLSTATE PD404: there is no such run in this workspace. SQLSTATE PD409: the run has ended, or a later attempt of it
-- has begun, so nothing more may happen in this one. SQLSTATE PD410: the start of the step must be told again.

CREATE FUNCTION run_log_rank(p_status text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE p_status WHEN 'pending' THEN 0 WHEN 'running' THEN 1 WHEN 'waiting' THEN 2 WHEN 'compensated' THEN 4 ELSE 3 END;

-- A field of an event. A large value stays in its step or run; the event only says how large it is.
CREATE FUNCTION run_log_field(p_name text, p_value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN p_value IS NULL OR p_value = 'null'::jsonb THEN '{}'::jsonb
    WHEN pg_column_size(p_value) <= 8192 THEN jsonb_build_object(p_name, p_value)
    ELSE jsonb_build_object(p_name || '_bytes', pg_column_size(p_value))
END;

-- Appends one event; the caller's transaction keeps the run locked until it commits.
CREATE FUNCTION run_log_append(
    p_run uuid, p_type text, p_path text, p_iteration integer, p_attempt integer, p_data jsonb
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_seq bigint;
BEGIN
    UPDATE runs SET last_event_seq = last_event_seq + 1, updated_at = clock_timestamp()
    WHERE id = p_run RETURNING last_event_seq INTO v_seq;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such run' USING ERRCODE = 'PD404';
    END IF;
    INSERT INTO run_events (workspace_id, run_id, seq, type, path, iteration, attempt, data)
    SELECT workspace_id, id, v_seq, p_type, p_path, p_iteration, p_attempt, coalesce(p_data, '{}') FROM runs
    WHERE id = p_run;
    RETURN v_seq;
END
$$;

-- Begins a transaction on a run: sets the workspace, locks the row, and marks a pending run as started.
--   seq   number of the last event
--   live  whether this attempt of the run is the current one and has not ended
CREATE FUNCTION run_log_open(
    p_workspace uuid, p_run uuid, p_attempt integer, OUT seq bigint, OUT live boolean, OUT status text
) LANGUAGE plpgsql AS $$
DECLARE
    v_attempt integer;
    v_set text := set_config('perdure.workspace_id', p_workspace::text, true);
BEGIN
    SELECT r.last_event_seq, r.status, r.attempt INTO seq, status, v_attempt
    FROM runs r WHERE r.id = p_run FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such run' USING ERRCODE = 'PD404';
    END IF;
    live := v_attempt <= p_attempt AND status IN ('pending', 'running', 'paused');
    IF live AND status = 'pending' THEN
        seq := seq + 1;
        status := 'running';
        INSERT INTO run_events (workspace_id, run_id, seq, type, data)
        VALUES (p_workspace, p_run, seq, 'run.started', jsonb_build_object('attempt', p_attempt));
        UPDATE runs r SET status = 'running', last_event_seq = seq, updated_at = clock_timestamp(),
            started_at = coalesce(r.started_at, clock_timestamp())
        WHERE r.id = p_run;
    END IF;
END
$$;

-- Stores what the workflow tells of steps that are no activity of their own.
-- An entry that is told again, or that is older than what is known, changes nothing.
--   p_seq  in: number of the last event; out: the same after the new events
--   done   how many steps became completed
CREATE FUNCTION run_log_entries(
    p_workspace uuid, p_run uuid, p_attempt integer, p_entries jsonb, INOUT p_seq bigint, OUT done integer
) LANGUAGE plpgsql AS $$
DECLARE
    e record;
    s record;
    v_rank integer;
BEGIN
    done := 0;
    FOR e IN
        SELECT x.* FROM jsonb_to_recordset(p_entries) AS x(
            path text, iteration integer, kind text, name text, status text, port text,
            input jsonb, output jsonb, error jsonb, at timestamptz)
    LOOP
        v_rank := run_log_rank(e.status);
        SELECT t.status, t.run_attempt, t.entry_at, t.entry_rank,
            t.status = e.status AND t.error IS NOT DISTINCT FROM e.error AND (e.input IS NULL OR t.input = e.input)
                AND (v_rank = 4 OR t.output IS NOT DISTINCT FROM e.output AND t.port IS NOT DISTINCT FROM e.port) AS same
        INTO s FROM steps t WHERE t.run_id = p_run AND t.path = e.path AND t.iteration = e.iteration;
        CONTINUE WHEN FOUND AND (
            s.run_attempt > p_attempt
            OR s.run_attempt = p_attempt AND (
                s.same
                OR (e.at, v_rank) <= (s.entry_at, s.entry_rank)
                OR s.entry_at IS NULL AND v_rank < 3 AND run_log_rank(s.status) >= 3));
        IF e.status = 'completed' AND s.status IS DISTINCT FROM 'completed' AND s.status IS DISTINCT FROM 'compensated' THEN
            done := done + 1;
        END IF;
        INSERT INTO steps AS t (
            workspace_id, run_id, run_attempt, path, iteration, kind, name, status, input, output, error, port,
            started_at, ended_at, entry_at, entry_rank)
        VALUES (
            p_workspace, p_run, p_attempt, e.path, e.iteration, e.kind, e.name, e.status, e.input, e.output, e.error,
            e.port, CASE WHEN e.status <> 'skipped' THEN e.at END, CASE WHEN v_rank >= 3 THEN e.at END, e.at, v_rank)
        ON CONFLICT (run_id, path, iteration) DO UPDATE SET
            run_attempt = p_attempt,
            status = e.status,
            attempt = CASE WHEN t.run_attempt = p_attempt THEN t.attempt ELSE 1 END,
            input = coalesce(e.input, t.input),
            output = CASE WHEN v_rank = 4 THEN t.output ELSE e.output END,
            port = CASE WHEN v_rank = 4 THEN t.port ELSE e.port END,
            error = e.error,
            started_at = CASE WHEN t.run_attempt = p_attempt THEN coalesce(t.started_at, excluded.started_at)
                ELSE excluded.started_at END,
            ended_at = CASE WHEN v_rank = 4 THEN coalesce(t.ended_at, e.at) ELSE excluded.ended_at END,
            entry_at = e.at,
            entry_rank = v_rank;
        CONTINUE WHEN v_rank = 0;
        p_seq := p_seq + 1;
        INSERT INTO run_events (workspace_id, run_id, seq, type, at, path, iteration, data)
        VALUES (
            p_workspace, p_run, p_seq,
            'step.' || CASE e.status WHEN 'running' THEN 'started' ELSE e.status END,
            e.at, e.path, e.iteration,
            jsonb_build_object('kind', e.kind, 'name', e.name) || run_log_field('input', e.input)
                || run_log_field('output', e.output) || run_log_field('error', e.error)
                || run_log_field('port', to_jsonb(e.port)));
    END LOOP;
END
$$;
