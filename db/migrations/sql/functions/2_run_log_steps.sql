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

-- An attempt of a step begins. Returns the recorded result if the step is completed already; `sent` if an attempt before
-- has sent a call of which nobody knows what became, so that nothing may be done; else NULL.
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
    v_sent jsonb;
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
        v_sent := v_again.unanswered;
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
    RETURN CASE WHEN v_sent IS NOT NULL THEN jsonb_build_object('sent', v_sent) END;
END
$$;

-- The same for a step that has a row already: it is completed, it is attempted again, or it must not be.
--   recorded    whether its result stands
--   announce    whether this is a new attempt, not the same one told again after a lost answer
--   unanswered  the call that was sent and never answered
CREATE FUNCTION run_log_step_again(
    p_workspace uuid, p_run uuid, p_run_attempt integer, p_path text, p_iteration integer,
    p_attempt integer, p_input jsonb, p_reuse boolean, INOUT p_seq bigint, OUT recorded boolean, OUT announce boolean,
    OUT unanswered jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    s record;
BEGIN
    SELECT t.run_attempt, t.status, t.attempt, t.deltas, t.sent,
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
    IF s.sent IS NOT NULL AND s.status NOT IN ('completed', 'compensated') THEN
        announce := false;
        unanswered := s.sent;
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
        sent = NULL,
        output = NULL, port = NULL, ended_at = NULL, next_attempt_at = NULL,
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
    IF v_cost > 0 OR p_tokens_in + p_tokens_out > 0 THEN
        INSERT INTO usage_entries (workspace_id, tokens_in, tokens_out, cost_usd)
        VALUES (p_workspace, p_tokens_in, p_tokens_out, v_cost);
    END IF;
    RETURN NULL;
END
$$;

-- A call that must not be made twice is about to leave. Unlike the start of the step this waits for the disk: whatever
-- dies now, the next attempt finds the note. An attempt that was given up meanwhile must not send any more.
CREATE FUNCTION run_log_step_sending(
    p_workspace uuid, p_run uuid, p_run_attempt integer, p_path text, p_iteration integer,
    p_attempt integer, p_call jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_sent jsonb;
BEGIN
    v_run := run_log_open(p_workspace, p_run, p_run_attempt);
    UPDATE steps SET sent = p_call || jsonb_build_object('attempt', p_attempt, 'at', clock_timestamp())
    WHERE run_id = p_run AND path = p_path AND iteration = p_iteration
        AND run_attempt = p_run_attempt AND attempt = p_attempt AND status = 'running' AND v_run.live
    RETURNING sent INTO v_sent;
    IF FOUND THEN
        RETURN v_sent;
    END IF;
    PERFORM FROM steps WHERE run_id = p_run AND path = p_path AND iteration = p_iteration;
    IF NOT FOUND AND v_run.live THEN
        RAISE EXCEPTION 'the start of the step is not known' USING ERRCODE = 'PD410';
    END IF;
    RAISE EXCEPTION 'the attempt was given up' USING ERRCODE = 'PD409';
END
$$;

-- What became of the call that an attempt has sent is known: nothing.
CREATE FUNCTION run_log_step_answered(
    p_workspace uuid, p_run uuid, p_run_attempt integer, p_path text, p_iteration integer, p_attempt integer
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('perdure.workspace_id', p_workspace::text, true);
    UPDATE steps SET sent = NULL
    WHERE run_id = p_run AND path = p_path AND iteration = p_iteration
        AND run_attempt = p_run_attempt AND (sent ->> 'attempt')::integer = p_attempt;
END
$$;

-- Gives up a step whose worker is silent: from now on it can neither send nor complete. Returns what it has sent.
CREATE FUNCTION run_log_find_call(
    p_workspace uuid, p_run uuid, p_run_attempt integer, p_path text, p_iteration integer
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_sent jsonb;
BEGIN
    v_run := run_log_open(p_workspace, p_run, p_run_attempt);
    UPDATE steps SET status = 'waiting'
    WHERE run_id = p_run AND path = p_path AND iteration = p_iteration
        AND run_attempt = p_run_attempt AND status = 'running' AND v_run.live;
    SELECT sent INTO v_sent FROM steps
    WHERE run_id = p_run AND path = p_path AND iteration = p_iteration AND status NOT IN ('completed', 'compensated');
    RETURN v_sent;
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

-- An attempt has failed and another one will follow after p_pause seconds; NULL: nobody knows when.
-- Writes nothing if the workflow has given the step up.
CREATE FUNCTION run_log_step_retrying(
    p_workspace uuid, p_run uuid, p_run_attempt integer, p_path text, p_iteration integer,
    p_attempt integer, p_error jsonb, p_pause double precision
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_next timestamptz := clock_timestamp() + make_interval(secs => p_pause);
BEGIN
    v_run := run_log_open(p_workspace, p_run, p_run_attempt);
    UPDATE steps SET error = p_error, next_attempt_at = v_next
    WHERE run_id = p_run AND path = p_path AND iteration = p_iteration
        AND run_attempt = p_run_attempt AND attempt = p_attempt AND status = 'running';
    IF FOUND AND v_run.live THEN
        PERFORM run_log_append(
            p_run, 'step.retrying', p_path, p_iteration, p_attempt,
            jsonb_build_object('error', p_error, 'next_attempt_at', v_next));
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
