#!/usr/bin/env bash
# Prints what doctor, pull and clock cost on 1,000 and 5,000 nodes that have no machine, and how each grows.
set -euo pipefail
cd "$(dirname "$0")/../.."
state=${REGAUTH_CLUSTER_STATE:-/tmp/kubectl-regauth-cluster}
if ! reason=$(tests/cluster/check-host); then
    echo "the bench needs the test cluster, and this machine cannot host it: $reason" >&2
    exit 1
fi
KWOK=$(tests/bench/scale/kwok)
export KWOK
cargo bench --locked --bench scale --no-run
if ! [ -r "$state/env" ]; then
    trap 'tests/cluster/down "$state"' EXIT
    tests/cluster/up "$state" >/dev/null
fi
cargo bench --locked --quiet --bench scale -- "$@"
