#!/bin/bash
# Fills three empty databases from a folder that backup.sh has written. Perdure and Temporal must not run yet.
#   docker compose up --detach --wait postgres
#   docker compose exec -T postgres bash -s -- /var/lib/postgresql/backups/2026-01-31 < deploy/backup/restore.sh
set -euo pipefail

source=${1:?"name the folder of the backup"}
perdure=${PERDURE_DB:-${POSTGRES_DB:-perdure}}
export PGUSER=${PGUSER:-${POSTGRES_USER:-postgres}}
cd "$source"
sha256sum --check --quiet SHA256SUMS
. ./moments

sql() { psql --no-psqlrc --set ON_ERROR_STOP=1 --quiet --tuples-only --no-align --dbname "$@"; }

for name in temporal temporal_visibility "$perdure"; do
    tables=$(sql "$name" --command \
        "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
    [ "$tables" = 0 ] || { echo "the database $name is not empty; nothing was touched" >&2; exit 1; }
done
for role in perdure_app perdure_system perdure_identity; do
    sql "$perdure" --command "DO \$\$ BEGIN CREATE ROLE $role NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END \$\$"
done
load() { pg_restore --exit-on-error --single-transaction --no-owner --no-comments "$@"; }
owner=$(sql postgres --command "SELECT '--role=temporal' FROM pg_roles WHERE rolname = 'temporal'")
for name in temporal temporal_visibility; do
    load $owner --dbname="$name" "$name.dump"
done
load --dbname="$perdure" perdure.dump
# What `perdure restore` does too (db/backups.py): let sweep and reconciler compare the runs with Temporal.
sql "$perdure" --set taken_at="$taken_at" --set temporal_at="$temporal_at" <<'SQL'
BEGIN;
UPDATE runs SET backed_up_at = :'taken_at', restored_at = clock_timestamp(),
    dispatched_at = CASE WHEN status = 'pending' AND (parent_run_id IS NULL OR attempt > 1) THEN NULL
        ELSE dispatched_at END
WHERE status IN ('pending', 'running', 'paused');
UPDATE outbox SET delivered_at = NULL, next_attempt_at = clock_timestamp()
WHERE delivered_at >= :'temporal_at'::timestamptz - interval '1 minute'
    AND run_id IN (SELECT id FROM runs WHERE status IN ('pending', 'running', 'paused'));
UPDATE schedules SET synced_revision = 0;
SELECT format('UPDATE %I SET dispatched_at = NULL
    WHERE status IN (''pending'', ''running'', ''sending'', ''stopping'')', c.table_name)
FROM information_schema.columns c
JOIN information_schema.columns s USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND c.column_name = 'dispatched_at' AND s.column_name = 'status'
    AND c.table_name <> 'runs'
\gexec
COMMIT;
SQL
echo "restored; now start Temporal, then Perdure"
