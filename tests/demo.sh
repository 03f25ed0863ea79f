#!/usr/bin/env bash
# Brings up the test cluster, breaks it in a dozen ways, and lets the plugin say them all in one table; the HTML report of the
# same check-up lies beside it. With KUBECONFIG_E2E the named cluster is used, and only what breaks no node.
set -euo pipefail
cd "$(dirname "$0")/.."
namespace=team
state=${REGAUTH_CLUSTER_STATE:-/tmp/kubectl-regauth-cluster}
# What the check-up saw, and the report of it.
saved=${DEMO_DIR:-target/demo}/broken-cluster.regauth page=${DEMO_DIR:-target/demo}/broken-cluster.html

cargo build --quiet --locked
PATH=${CARGO_TARGET_DIR:-$PWD/target}/debug:$PATH
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { # run ARGUMENT…: shows a command of the plugin and what it prints; its findings are the point, not a failure
    printf '$ kubectl regauth %s\n\n' "$*"
    kubectl-regauth "$@" || { local status=$?; ((status == 1 || status == 3)) || exit "$status"; }
}

started=
end() {
    if [ -z "${KUBECONFIG_E2E:-}" ]; then tests/cluster/fault --state "$state" heal >/dev/null 2>&1 || true; fi
    kubectl delete namespace "$namespace" >/dev/null 2>&1 || true
    if [ -n "$started" ]; then tests/cluster/down "$state"; fi
}
if [ -n "${KUBECONFIG_E2E:-}" ]; then
    namespace=regauth-e2e-demo-$$
    export KUBECONFIG=$KUBECONFIG_E2E
    image=${REGAUTH_E2E_IMAGE:-registry.k8s.io/pause:3.10}
else
    if ! reason=$(tests/cluster/check-host); then
        echo "the demo needs a cluster, and this machine cannot host one: $reason" >&2
        echo "name another cluster by KUBECONFIG_E2E" >&2
        exit 1
    fi
    if ! [ -r "$state/env" ]; then
        say "Bringing up a cluster of three nodes"
        started=yes
        trap end EXIT
        tests/cluster/up "$state" >/dev/null
    fi
    # shellcheck source=/dev/null
    . "$state/env"
    export KUBECONFIG PATH=$BIN:$PATH
    image=$OPEN_REGISTRY/team/app:1
    # The nodes cannot reach the probe's usual place: it goes to the cluster's own registry, by its address from here.
    make --no-print-directory --silent probe-image >/dev/null
    registry=$OPEN_IP:${OPEN_REGISTRY##*:}
    pushed=$(kubectl-regauth image push "$registry/tools/regauth-probe:1" --plain-http "$registry" \
        --archive target/probe-image/regauth-probe-*.tar 2>&1) || { echo "$pushed" >&2; exit 1; }
    export REGAUTH_PROBE_IMAGE=$OPEN_REGISTRY/tools/regauth-probe:1
fi
trap end EXIT
warm=$SECONDS # the cluster is there from here on
kubectl create namespace "$namespace" >/dev/null
until kubectl -n "$namespace" get serviceaccount default >/dev/null 2>&1; do sleep 0.1; done

say "1. Healthy images"
run pull "$image" ${REGAUTH_PROBE_IMAGE:+"$REGAUTH_PROBE_IMAGE"} -n "$namespace"

if [ -n "${KUBECONFIG_E2E:-}" ]; then
    say "2. A pull secret that somebody forgot to create in this namespace"
    run pull "$image" -n "$namespace" --pull-secret regcred
    say "The rest breaks a cluster and is left out on one that is not the demo's own"
    exit 0
fi

say "2. Somebody breaks it: a registry is stopped, a firewall cuts a node off, and eleven workloads are set up wrongly"
tests/demo/break "$namespace" "$state"

say "3. What is wrong?"
mkdir -p "$(dirname "$saved")"
rm -f "$saved"
run doctor -n "$namespace" --plain-http "$OPEN_REGISTRY" --ca-bundle "$SECURE_CA" --save "$saved"

say "4. The same, for those who were not there"
printf '$ kubectl regauth analyze %s -o html >%s\n' "$saved" "$page"
kubectl-regauth analyze "$saved" -o html >"$page" || (($? == 1))
ls -l "$page"

causes=$( (kubectl-regauth analyze "$saved" -o prometheus || (($? == 1 || $? == 3))) |
    sed -n 's/^regauth_findings{code="\([^"]*\)".*/\1/p' | sort -u | wc -l)
say "$causes different causes; it took $((SECONDS - warm)) s"
if ((causes < 10)); then echo "doctor names $causes different causes, and must name ten or more" >&2; exit 1; fi
