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
    pull) make probe-image ;;
    scale)
        if [ -r "$state/env" ]; then
            echo "this bench brings up a cluster of its own, with another etcd: make cluster-down first" >&2
            exit 1
        fi
        SCALE_TOOLS=$(tests/bench/scale/tools)
        export SCALE_TOOLS REGAUTH_CLUSTER_ETCD=$SCALE_TOOLS/bin
        ;;
    *) echo "there is no bench \"$bench\": pull or scale" >&2; exit 2 ;;
esac
cargo bench --locked --bench "$bench" --no-run
if ! [ -r "$state/env" ]; then
    trap 'tests/cluster/down "$state"' EXIT
    tests/cluster/up "$state" >/dev/null
fi
cargo bench --locked --quiet --bench "$bench" -- "$@"
