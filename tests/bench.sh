#!/usr/bin/env bash
# bench.sh pull: prints time, memory and requests of a run, beside a shell loop over the same nodes, on the test cluster.
# bench.sh scale [N…]: what doctor, pull and clock cost on 1,000 and 5,000 nodes (or N) that have no machine, and how each grows.
set -euo pipefail
cd "$(dirname "$0")/.."
bench=${1:?bench.sh pull, or bench.sh scale [N…]}; shift
state=${REGAUTH_CLUSTER_STATE:-/tmp/kubectl-regauth-cluster}
if ! reason=$(tests/cluster/check-host); then
    echo "the bench needs the test cluster, and this machine cannot host it: $reason" >&2
    exit 1
fi
case $bench in
    pull) needs() { make probe-image; } ;;
    scale) needs() { KWOK=$(tests/bench/scale/kwok); export KWOK; } ;;
    *) echo "there is no bench \"$bench\": pull or scale" >&2; exit 2 ;;
esac
needs
cargo bench --locked --bench "$bench" --no-run
if ! [ -r "$state/env" ]; then
    trap 'tests/cluster/down "$state"' EXIT
    tests/cluster/up "$state" >/dev/null
fi
cargo bench --locked --quiet --bench "$bench" -- "$@"
