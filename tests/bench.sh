#!/usr/bin/env bash
# Prints time, memory and requests of a run, beside a shell loop over the same nodes, on the test cluster.
set -euo pipefail
cd "$(dirname "$0")/.."
state=${REGAUTH_CLUSTER_STATE:-/tmp/kubectl-regauth-cluster}
if ! reason=$(tests/cluster/check-host); then
    echo "the bench needs the test cluster, and this machine cannot host it: $reason" >&2
    exit 1
fi
cargo bench --locked --bench pull --no-run
make probe-image
if ! [ -r "$state/env" ]; then
    trap 'tests/cluster/down "$state"' EXIT
    tests/cluster/up "$state" >/dev/null
fi
cargo bench --locked --quiet --bench pull
