#!/bin/bash
# Dumps the three databases of an installation with servers of its own into a fresh folder, with checksums.
#   docker compose exec -T postgres bash -s -- /var/lib/postgresql/backups/$(date +%F) < deploy/backup/backup.sh
# Temporal first: the run log may know more than Temporal, never less (docs/backup.md). Connects as libpq is told to.
set -euo pipefail

target=${1:?"name a folder that does not exist yet"}
perdure=${PERDURE_DB:-${POSTGRES_DB:-perdure}}
export PGUSER=${PGUSER:-${POSTGRES_USER:-postgres}}
mkdir -p "$(dirname "$target")"
mkdir -m 700 "$target"

moment() { psql --no-psqlrc --tuples-only --no-align --dbname "$perdure" --command \
    "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"; }

temporal_at=$(moment)
for name in temporal temporal_visibility; do
    pg_dump --format=custom --no-owner --no-comments --file="$target/$name.dump" --dbname="$name"
done
taken_at=$(moment)
pg_dump --format=custom --no-owner --no-comments --file="$target/perdure.dump" --dbname="$perdure"
printf 'temporal_at=%s\ntaken_at=%s\n' "$temporal_at" "$taken_at" > "$target/moments"
(cd "$target" && sha256sum moments ./*.dump > SHA256SUMS)
echo "wrote $target; the encryption keys are not in it"
