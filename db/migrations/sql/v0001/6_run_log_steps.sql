-- What the interceptor of an activity writes.

CREATE FUNCTION run_log_result(p_step steps) RETURNS jsonb LANGUAGE sql STABLE
RETURN jsonb_build_object(
    'output', p_step.output, 'port', coalesce(p_step.port, 'out'), 'cost_usd', p_step.cost_usd,
    'tokens_in', p_step.tokens_in, 'tokens_out', p_step.tokens_out, 'details', coalesce(p_step.details, '{}'::jsonb));

-- The result of a step of a run that has ended.
CREATE FUNCTION run_log_recorded(p_run uuid, p_run_attempt integer, p_path text, p_iteration integer) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_step steps;
BEGIN
    SELECT * INTO v_step FROM steps t
    WHERE t.run_id = p_run AND t.path = p_path AND t.iteration = p_iteration
        AND t.run_attempt = p_run_attempt AND t.status IN ('completed', 'compensated');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the run has ended' USING ERRCODE = 'PD409';
    END IF;
    RETURN run_log_result(v_step);
END
$$;

-- An attempt of a step begins. Returns the recorded result if the step is completed already, else NULL.
--   p_reuse  whether the result of an earlier attempt of the run counts too, if the settings are the same
--
-- Does not wait for the disk, which is half of its time. If the server crashes within the next fraction of a second,
-- the start is forgotten as if it had never been told; the end of the step notices that and has it told again.
CREATE FUNCTION run_log_step_started(
    p_workspace uuid, p_run uuid, p_run_attempt integer, p_path text, p_iteration integer,
    p_attempt integer, p_kind text, p_name text, p_input jsonb, p_reuse boolean, p_entries jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_told record;
    v_again record;
    v_seq bigint;
    v_done integer := 0;
    v_announce boolean := true;
    v_recorded boolean := false;
    v_set text := set_config('synchronous_commit', 'off', true);
BEGIN
    v_run := run_log_open(p_workspace, p_run, p_run_attempt);
    IF NOT v_run.live THEN
        -- If the end of the run was recorded but its last workflow task was lost, the workflow walks once more over
        -- what it has done; it must find the same results to come to the same end.
        RETURN run_log_recorded(p_run, p_run_attempt, p_path, p_iteration);
    END IF;
    v_seq := v_run.seq;
    IF p_entries IS NOT NULL THEN
        v_told := run_log_entries(p_workspace, p_run, p_run_attempt, p_entries, v_seq);
        v_seq := v_told.p_seq;
        v_done := v_told.done;
    END IF;

    INSERT INTO steps (
        workspace_id, run_id, run_attempt, path, iteration, kind, name, status, attempt, input, started_at)
    VALUES (
        p_workspace, p_run, p_run_attempt, p_path, p_iteration, p_kind, p_name, 'running', p_attempt, p_input,
        clock_timestamp())
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        v_again := run_log_step_again(
            p_workspace, p_run, p_run_attempt, p_path, p_iteration, p_attempt, p_input, p_reuse, v_seq);
        v_seq := v_again.p_seq;
        v_announce := v_again.announce;
        v_recorded := v_again.recorded;
    END IF;
    IF v_announce THEN
        v_seq := v_seq + 1;
        INSERT INTO run_events (workspace_id, run_id, seq, type, path, iteration, attempt, data)
        VALUES (
            p_workspace, p_run, v_seq, 'step.started', p_path, p_iteration, p_attempt,
            jsonb_build_object('kind', p_kind, 'name', p_name));
    END IF;
    IF v_seq <> v_run.seq THEN
        UPDATE runs SET last_event_seq = v_seq, steps_done = steps_done + v_done, updated_at = clock_timestamp()
        WHERE id = p_run;
    END IF;
    IF v_recorded THEN
        RETURN (SELECT run_log_result(t) FROM steps t
                WHERE t.run_id = p_run AND t.path = p_path AND t.iteration = p_iteration);
    END IF;
    RETURN NULL;
END
$$;

-- The same for a step that has a row already: it is completed, or it is attempted again.
--   recorded  whether its result stands
--   announce  whether this is a new attempt, not the same one told again after a lost answer
CREATE FUNCTION run_log_step_again(
    p_workspace uuid, p_run uuid, p_run_attempt integer, p_path text, p_iteration integer,
    p_attempt integer, p_input jsonb, p_reuse boolean, INOUT p_seq bigint, OUT recorded boolean, OUT announce boolean
) LANGUAGE plpgsql AS $$
DECLARE
    s record;
BEGIN
    SELECT t.run_attempt, t.status, t.attempt, t.deltas,
        t.status = 'completed' AND (
            t.run_attempt = p_run_attempt OR p_reuse AND t.input IS NOT DISTINCT FROM p_input) AS recorded
    INTO s FROM steps t WHERE t.run_id = p_run AND t.path = p_path AND t.iteration = p_iteration;
    recorded := s.recorded;
    IF recorded THEN
        announce := false;
        UPDATE steps SET run_attempt = p_run_attempt
        WHERE run_id = p_run AND path = p_path AND iteration = p_iteration AND run_attempt <> p_run_attempt;
        RETURN;
    END IF;
    announce := (s.run_attempt, s.status, s.attempt) IS DISTINCT FROM (p_run_attempt, 'running', p_attempt);
    IF s.deltas > 0 THEN
        p_seq := p_seq + 1;
        INSERT INTO run_events (workspace_id, run_id, seq, type, path, iteration, attempt)
        VALUES (p_workspace, p_run, p_seq, 'step.superseded', p_path, p_iteration, s.attempt);
    END IF;
    UPDATE steps t SET
        run_attempt = p_run_attempt, status = 'running', attempt = p_attempt, input = p_input, deltas = 0,
        output = NULL, port = NULL, ended_at = NULL,
        error = CASE WHEN t.run_attempt = p_run_attempt THEN t.error END,
        started_at = CASE WHEN t.run_attempt = p_run_attempt THEN coalesce(t.started_at, clock_timestamp())
            ELSE clock_timestamp() END
    WHERE t.run_id = p_run AND t.path = p_path AND t.iteration = p_iteration;
END
$$;

-- An attempt of a step has succeeded. Returns NULL, or the result that was recorded first and stands.
--   p_compensates  path of the step that this one has undone
CREATE FUNCTION run_log_step_completed(
    p_workspace uuid, p_run uuid, p_run_attempt integer, p_path text, p_iteration integer,
    p_attempt integer, p_kind text, p_name text, p_output jsonb, p_port text, p_cost double precision,
    p_tokens_in bigint, p_tokens_out bigint, p_details jsonb, p_compensates text
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    s record;
    v_seq bigint;
    v_done integer := 0;
    v_cost numeric(18, 9) := p_cost::numeric;
BEGIN
    v_run := run_log_open(p_workspace, p_run, p_run_attempt);
    v_seq := v_run.seq;
    UPDATE steps t SET
        status = 'completed', attempt = p_attempt, output = p_output, port = p_port, error = NULL,
        cost_usd = v_cost, tokens_in = p_tokens_in, tokens_out = p_tokens_out, details = p_details,
        ended_at = clock_timestamp()
    WHERE t.run_id = p_run AND t.path = p_path AND t.iteration = p_iteration
        AND t.run_attempt = p_run_attempt AND t.status = 'running' AND v_run.live;
    IF FOUND THEN
        v_done := 1;
        v_seq := v_seq + 1;
        INSERT INTO run_events (workspace_id, run_id, seq, type, path, iteration, attempt, data)
        VALUES (
            p_workspace, p_run, v_seq, 'step.completed', p_path, p_iteration, p_attempt,
            jsonb_build_object(
                'kind', p_kind, 'name', p_name, 'port', p_port,
                'cost_usd', v_cost, 'tokens_in', p_tokens_in, 'tokens_out', p_tokens_out)
            || run_log_field('output', p_output) || run_log_field('details', p_details));
        IF p_compensates IS NOT NULL THEN
            v_seq := run_log_undone(p_workspace, p_run, p_compensates, p_iteration, v_seq);
        END IF;
    ELSE
        SELECT t.run_attempt, t.status INTO s
        FROM steps t WHERE t.run_id = p_run AND t.path = p_path AND t.iteration = p_iteration;
        IF NOT FOUND AND v_run.live THEN
            RAISE EXCEPTION 'the start of the step is not known' USING ERRCODE = 'PD410';
        END IF;
        IF s.status = 'completed' AND s.run_attempt = p_run_attempt THEN
            RETURN (SELECT run_log_result(t) FROM steps t
                    WHERE t.run_id = p_run AND t.path = p_path AND t.iteration = p_iteration);
        END IF;
        -- Too late to matter: the workflow has given the attempt up. What it cost was spent nevertheless.
    END IF;
    UPDATE runs SET last_event_seq = v_seq, steps_done = steps_done + v_done, cost_usd = cost_usd + v_cost,
        tokens_in = tokens_in + p_tokens_in, tokens_out = tokens_out + p_tokens_out, updated_at = clock_timestamp()
    WHERE id = p_run;
    RETURN NULL;
END
$$;

-- Marks a completed step as undone: the same iteration if it is there, else the latest. Returns the last event number.
CREATE FUNCTION run_log_undone(
    p_workspace uuid, p_run uuid, p_path text, p_iteration integer, p_seq bigint
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_undone record;
BEGIN
    UPDATE steps t SET status = 'compensated'
    WHERE t.run_id = p_run AND t.path = p_path AND t.iteration = (
        SELECT u.iteration FROM steps u
        WHERE u.run_id = p_run AND u.path = p_path AND u.status = 'completed'
        ORDER BY u.iteration = p_iteration DESC, u.iteration DESC LIMIT 1)
    RETURNING t.iteration, t.kind, t.name INTO v_undone;
    IF NOT FOUND THEN
        RETURN p_seq;
    END IF;
    INSERT INTO run_events (workspace_id, run_id, seq, type, path, iteration, data)
    VALUES (
        p_workspace, p_run, p_seq + 1, 'step.compensated', p_path, v_undone.iteration,
        jsonb_build_object('kind', v_undone.kind, 'name', v_undone.name));
    RETURN p_seq + 1;
END
$$;

-- An attempt has failed and another one will follow. Writes nothing if the workflow has given the step up.
CREATE FUNCTION run_log_step_retrying(
    p_workspace uuid, p_run uuid, p_run_attempt integer, p_path text, p_iteration integer,
    p_attempt integer, p_error jsonb
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
BEGIN
    v_run := run_log_open(p_workspace, p_run, p_run_attempt);
    UPDATE steps SET error = p_error
    WHERE run_id = p_run AND path = p_path AND iteration = p_iteration
        AND run_attempt = p_run_attempt AND attempt = p_attempt AND status = 'running';
    IF FOUND AND v_run.live THEN
        PERFORM run_log_append(
            p_run, 'step.retrying', p_path, p_iteration, p_attempt, jsonb_build_object('error', p_error));
    END IF;
END
$$;

-- A piece of text that a running attempt has streamed.
CREATE FUNCTION run_log_step_delta(
    p_workspace uuid, p_run uuid, p_run_attempt integer, p_path text, p_iteration integer,
    p_attempt integer, p_text text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
BEGIN
    v_run := run_log_open(p_workspace, p_run, p_run_attempt);
    UPDATE steps SET deltas = deltas + 1
    WHERE run_id = p_run AND path = p_path AND iteration = p_iteration
        AND run_attempt = p_run_attempt AND attempt = p_attempt AND status = 'running';
    IF FOUND AND v_run.live THEN
        PERFORM run_log_append(p_run, 'step.delta', p_path, p_iteration, p_attempt, jsonb_build_object('text', p_text));
    END IF;
END
$$;
