#!/bin/sh
# Creates the namespace that holds all runs, once the server answers.
set -eu

tries=0
until temporal operator cluster health >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { echo "Temporal does not answer at $TEMPORAL_ADDRESS"; exit 1; }
    sleep 2
done

# Closed runs stay readable in Temporal for this long; Perdure's own run log keeps them beyond that.
temporal operator namespace describe --namespace "$NAMESPACE" >/dev/null 2>&1 \
    || temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION"
