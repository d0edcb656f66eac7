#!/bin/bash
# Runs once, when the data volume is empty: login roles and databases of Perdure and Temporal.
# API and worker sign in as perdure_service, which owns no table and so is bound by row-level security.
set -euo pipefail

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set service_password="$PERDURE_SERVICE_PASSWORD" --set temporal_password="$TEMPORAL_PASSWORD" <<'SQL'
CREATE ROLE perdure_app NOLOGIN;
CREATE ROLE perdure_system NOLOGIN;
CREATE ROLE perdure_identity NOLOGIN;
CREATE ROLE perdure_service LOGIN NOINHERIT PASSWORD :'service_password';
GRANT perdure_app, perdure_system, perdure_identity TO perdure_service;

CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
SQL
