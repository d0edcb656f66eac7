-- A row in every table of a workspace: $workspace, its $run of $workflow, and $user.
INSERT INTO users (id, email, name) VALUES ('$user', '$user@example.com', 'U');
INSERT INTO memberships (workspace_id, user_id, role) VALUES ('$workspace', '$user', 'owner');
INSERT INTO sessions (user_id, workspace_id, family, token_hash, salt, expires_at)
    VALUES ('$user', '$workspace', gen_random_uuid()::text::bytea, 'x', 'x', now());
INSERT INTO login_tickets (purpose, token_hash, expires_at) VALUES ('login', gen_random_uuid()::text::bytea, now());
INSERT INTO recovery_codes (user_id, code_hash) VALUES ('$user', 'x');
INSERT INTO groups (id, workspace_id, name) VALUES ('$user', '$workspace', 'G');
INSERT INTO group_members (workspace_id, group_id, user_id) VALUES ('$workspace', '$user', '$user');
INSERT INTO sign_on_providers (id, workspace_id, name, issuer, client_id, scopes, algorithms, domains, groups_claim,
    trust_email, create_accounts, enabled)
    VALUES ('$user', '$workspace', 'n', 'i', 'c', '{}', '{}', '{}', 'g', false, true, true);
INSERT INTO sign_on_attempts (state_hash, provider_id, browser_hash, sealed, redirect_uri, expires_at)
    VALUES (gen_random_uuid()::text::bytea, '$user', 'x', 'x', 'u', now());
INSERT INTO sign_on_identities (provider_id, subject, workspace_id, user_id, email)
    VALUES ('$user', 's', '$workspace', '$user', 'e');
INSERT INTO group_mappings (workspace_id, position, external, role) VALUES ('$workspace', 0, 'e', 'viewer');
INSERT INTO scim_tokens (workspace_id, prefix, secret_hash, name, created_by_name)
    VALUES ('$workspace', '$user', 'x', 'n', 'a');
INSERT INTO scim_users (workspace_id, user_id, user_name, active, owns_account, attributes)
    VALUES ('$workspace', '$user', 'n', true, false, '{}');
INSERT INTO scim_groups (workspace_id, group_id) VALUES ('$workspace', '$user');
INSERT INTO invitations (workspace_id, email, role, token_hash, invited_by_name, expires_at)
    VALUES ('$workspace', 'a', 'viewer', gen_random_uuid()::text::bytea, 'n', now());
INSERT INTO throttles (key) VALUES (gen_random_uuid()::text);
INSERT INTO api_keys (workspace_id, prefix, secret_hash, name, scopes, role)
    VALUES ('$workspace', gen_random_uuid()::text, 'x', 'K', '{}', 'viewer');
INSERT INTO blobs (workspace_id, hash, data, size) VALUES ('$workspace', 'h', 'x', 1);
INSERT INTO steps (workspace_id, run_id, path, iteration, kind, name, status)
    VALUES ('$workspace', '$run', 'a', 0, 'llm', 'A', 'running');
INSERT INTO run_events (workspace_id, run_id, path, iteration, seq, type)
    VALUES ('$workspace', '$run', 'a', 0, 1, 'run.created');
INSERT INTO approvals (workspace_id, run_id, path, iteration, workflow_id, node_name, title, decisions)
    VALUES ('$workspace', '$run', 'a', 0, 'w', 'A', 'T', '[]');
INSERT INTO approval_assignees (workspace_id, approval_id, stage, principal, open, priority, asked_at)
    SELECT workspace_id, id, 0, 'anyone', true, 1, now() FROM approvals WHERE run_id = '$run';
INSERT INTO approval_votes (workspace_id, approval_id, stage, revision, voter_kind, voter_name, decision, digest)
    SELECT workspace_id, id, 0, 1, 'user', 'n', 'approved', 'd' FROM approvals WHERE run_id = '$run';
INSERT INTO approval_entries (workspace_id, approval_id, kind, actor_kind, actor_name)
    SELECT workspace_id, id, 'opened', 'system', 's' FROM approvals WHERE run_id = '$run';
INSERT INTO list_views (workspace_id, kind, name, filter) VALUES ('$workspace', 'approvals', 'v', '{}');
INSERT INTO approval_rules (id, workspace_id, name, position) VALUES ('$run', '$workspace', 'r', 1);
INSERT INTO approval_rule_versions (rule_id, version, workspace_id, name, expression, decision, author)
    VALUES ('$run', 1, '$workspace', 'r', 'true', 'approved', 'a');
INSERT INTO approval_rule_errors (rule_id, workspace_id, version, approval_id, message)
    VALUES ('$run', '$workspace', 1, '$run', 'm');
INSERT INTO calendars (workspace_id, name, time_zone, hours) VALUES ('$workspace', 'office', 'Europe/Berlin', '{}');
INSERT INTO users (id, email, name) VALUES ('$workspace', '$workspace@example.com', 'S');
INSERT INTO memberships (workspace_id, user_id, role) VALUES ('$workspace', '$workspace', 'viewer');
INSERT INTO absences (workspace_id, user_id, substitute_id, starts_at, ends_at)
    VALUES ('$workspace', '$user', '$workspace', now(), now() + interval '1 day');
INSERT INTO notification_channels (workspace_id, name, kind, sealed, hint, created_by)
    VALUES ('$workspace', 'room', 'slack', 'x', 'h', 'a');
INSERT INTO notification_preferences (workspace_id, user_id, wanted) VALUES ('$workspace', '$user', '{}');
INSERT INTO notifications (workspace_id, approval_id, event, stage, actor_name, key)
    SELECT workspace_id, id, 'opened', 0, 'Perdure', 'k' FROM approvals WHERE run_id = '$run';
INSERT INTO notification_messages (workspace_id, event, kind, address, key)
    VALUES ('$workspace', 'test', 'email', 'a', 'k');
INSERT INTO approval_links (id, workspace_id, approval_id, user_id, digest, seal, expires_at)
    SELECT id, workspace_id, id, id, 'd', 'x', now() FROM approvals WHERE run_id = '$run';
INSERT INTO waiters (workspace_id, run_id, path, iteration, workflow_id, type, key)
    VALUES ('$workspace', '$run', 'a', 0, 'w', 't', 'k');
INSERT INTO audit_log (workspace_id, actor_kind, actor_name, action, subject_kind, subject_id)
    VALUES ('$workspace', 'system', 's', 'a', 'b', 'c');
INSERT INTO workflow_drafts (workflow_id, workspace_id, revision, changed, faults)
    VALUES ('$workflow', '$workspace', 1, true, 0);
INSERT INTO draft_revisions (workflow_id, revision, workspace_id, document, saved_by)
    VALUES ('$workflow', 1, '$workspace', '{}', 'a');
INSERT INTO credentials (workspace_id, name, type, sealed, created_by, updated_by)
    VALUES ('$workspace', 'c', 'bearer', 'x', 'a', 'a');
INSERT INTO connection_apps (id, workspace_id, name, provider, client_id, endpoints, created_by, updated_by)
    VALUES ('$run', '$workspace', 'a', 'custom', 'c', '{}', 'a', 'a');
INSERT INTO connections (id, workspace_id, name, provider, app_id, created_by, updated_by)
    VALUES ('$run', '$workspace', 'c', 'custom', '$run', 'a', 'a');
INSERT INTO connection_attempts (workspace_id, connection_id, state_hash, actor, redirect_uri, sealed, expires_at)
    VALUES ('$workspace', '$run', '$run', 'user:1', 'u', 'x', now());
INSERT INTO connection_calls (workspace_id, connection_id, action, effect, milliseconds)
    VALUES ('$workspace', '$run', 'a', 'read', 1);
INSERT INTO connection_windows (connection_id, workspace_id, minute, calls) VALUES ('$run', '$workspace', now(), 1);
INSERT INTO secret_stores (workspace_id, name, settings, sealed, created_by, updated_by)
    VALUES ('$workspace', 's', '{}', 'x', 'a', 'a');
INSERT INTO files (workspace_id, folder, name, media_type, size, sha256, data, created_by)
    VALUES ('$workspace', 'f', 'n', 'text/plain', 1, 'x', 'x', 'a');
INSERT INTO prompts (id, workspace_id, name, created_by) VALUES ('$run', '$workspace', 'p', 'a');
INSERT INTO prompt_versions (prompt_id, version, workspace_id, text, variables, created_by)
    VALUES ('$run', 1, '$workspace', 't', '{}', 'a');
INSERT INTO prompt_labels (prompt_id, label, workspace_id, version, updated_by)
    VALUES ('$run', 'production', '$workspace', 1, 'a');
INSERT INTO bulk_jobs (id, workspace_id, operation, filter, preview, total, created_by)
    VALUES ('$run', '$workspace', 'cancel', '{}', '{}', 1, '{}');
INSERT INTO bulk_items (workspace_id, bulk_id, place, run_id) VALUES ('$workspace', '$run', 1, '$run');
INSERT INTO knowledge_bases (id, workspace_id, slug, name, model, chunk_chars, overlap_chars, created_by)
    VALUES ('$run', '$workspace', 'k', 'K', 'default', 1, 0, 'a');
INSERT INTO knowledge_documents (id, workspace_id, base_id, name, media_type, content, content_hash, size,
    created_by)
    VALUES ('$run', '$workspace', '$run', 'd', 'text/plain', 'x', 'h', 1, 'a');
INSERT INTO knowledge_chunks (workspace_id, base_id, document_id, revision, position, hash, text)
    VALUES ('$workspace', '$run', '$run', 1, 0, 'h', 't');
INSERT INTO knowledge_removals (workspace_id, base_id, dimensions) VALUES ('$workspace', '$run', 1);
INSERT INTO agent_memories (workspace_id, scope, text, hash, created_by) VALUES ('$workspace', 's', 't', 'h', 'a');
INSERT INTO chat_sessions (id, workspace_id, workflow_id, owner_kind, owner_name)
    VALUES ('$run', '$workspace', '$workflow', 'operator', 'operator');
INSERT INTO chat_messages (workspace_id, session_id, seq, author) VALUES ('$workspace', '$run', 1, 'user');
INSERT INTO schedules (id, workspace_id, workflow_id, name, input, times, overlap, catch_up_seconds, created_by,
    updated_by)
    VALUES ('$run', '$workspace', '$workflow', 's', '{}', '{}', 'skip', 1, 'a', 'a');
INSERT INTO schedule_starts (schedule_id, scheduled_at, workspace_id, status)
    VALUES ('$run', now(), '$workspace', 'failed');
INSERT INTO schedule_backfills (workspace_id, schedule_id, starts_at, ends_at, requested_by)
    VALUES ('$workspace', '$run', now(), now(), 'a');
INSERT INTO hooks (id, workspace_id, workflow_id, kind, name, settings, key_hash, sealed, created_by, updated_by)
    VALUES ('$run', '$workspace', '$workflow', 'form', 'h', '{}', 'x', 'x', 'a', 'a');
INSERT INTO hook_deliveries (workspace_id, hook_id, status) VALUES ('$workspace', '$run', 'refused');
INSERT INTO subscriptions (id, workspace_id, name, events, hint, sealed, created_by, updated_by)
    VALUES ('$run', '$workspace', 's', '{}', 'h', 'x', 'a', 'a');
INSERT INTO data_keys (workspace_id, sealed) VALUES ('$workspace', 'x');
INSERT INTO privacy_settings (workspace_id) VALUES ('$workspace');
INSERT INTO retention_rules (workspace_id, class, days) VALUES ('$workspace', 'runs', 1);
INSERT INTO legal_holds (workspace_id, subject_kind, subject_id, reason, created_by)
    VALUES ('$workspace', 'run', '$run', 'r', '{}');
-- Over, so that no worker takes it up.
INSERT INTO privacy_jobs (id, workspace_id, kind, status, created_by)
    VALUES ('$run', '$workspace', 'export', 'completed', '{}');
INSERT INTO export_parts (workspace_id, job_id, number, data, rows) VALUES ('$workspace', '$run', 0, 'x', 1);
INSERT INTO callbacks (workspace_id, subscription_id, event, key) VALUES ('$workspace', '$run', 'run.started', 'k');
INSERT INTO quotas (workspace_id, starts_per_minute) VALUES ('$workspace', 1);
INSERT INTO quota_starts (workspace_id, second, starts) VALUES ('$workspace', 1, 1);
INSERT INTO usage_entries (workspace_id, tokens_in, tokens_out, cost_usd) VALUES ('$workspace', 1, 1, 1);
INSERT INTO usage_days (workspace_id, day, tokens_in, tokens_out, cost_usd)
    VALUES ('$workspace', '2026-01-01', 1, 1, 1);
INSERT INTO model_budgets (workspace_id, scope, key) VALUES ('$workspace', 'run', 'k');
INSERT INTO model_leases (workspace_id, lease, place, scope, key, step_key, amount_usd, expires_at)
    VALUES ('$workspace', '$run', 1, 'run', 'k', 's', 1, now());
INSERT INTO model_rates (workspace_id, key, requests, tokens) VALUES ('$workspace', 'k', 1, 1);
INSERT INTO model_answers (workspace_id, hash, model, answer) VALUES ('$workspace', 'h', 'm', '{}');
INSERT INTO events (workspace_id, type, key) VALUES ('$workspace', 't', 'k');
INSERT INTO outbox (workspace_id, run_id, workflow_id, signal, payload)
    VALUES ('$workspace', '$run', 'w', 'control', '{}');
