#!/usr/bin/env bash
# Brings up the test cluster, breaks it in a few ways, and lets the plugin say why pulls fail.
# With KUBECONFIG_E2E the named cluster is used, and only what breaks no node.
set -euo pipefail
cd "$(dirname "$0")/.."
namespace=regauth-e2e-demo-$$
state=${REGAUTH_CLUSTER_STATE:-/tmp/kubectl-regauth-cluster}

cargo build --quiet --locked
PATH=$PWD/target/debug:$PATH
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { # run ARGUMENT…: shows a command of the plugin and what it prints; its findings are the point, not a failure
    printf '$ kubectl regauth %s\n\n' "$*"
    kubectl-regauth "$@" || { local status=$?; ((status == 1 || status == 3)) || exit "$status"; }
}

started=
end() {
    kubectl delete namespace "$namespace" --wait=false >/dev/null 2>&1 || true
    if [ -n "$started" ]; then tests/cluster/down "$state"; fi
}
if [ -n "${KUBECONFIG_E2E:-}" ]; then
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
    image=$OPEN_REGISTRY/team/app:1 private=$SECURE_REGISTRY/team/app:1
fi
trap end EXIT
kubectl create namespace "$namespace" >/dev/null
until kubectl -n "$namespace" get serviceaccount default >/dev/null 2>&1; do sleep 0.1; done

say "1. A healthy image"
run pull "$image" -n "$namespace"

say "2. A pull secret that somebody forgot to create in this namespace"
run pull "${private:-$image}" -n "$namespace" --pull-secret regcred

if [ -n "${KUBECONFIG_E2E:-}" ]; then
    say "The rest breaks nodes and is left out on a cluster that is not the demo's own"
    exit 0
fi

say "3. The pull secret holds a wrong password"
config=$(mktemp)
printf '{"auths":{"%s":{"username":"%s","password":"wrong"}}}' "$SECURE_REGISTRY" "$REGISTRY_USER" >"$config"
kubectl -n "$namespace" create secret generic regcred --type=kubernetes.io/dockerconfigjson \
    --from-file=.dockerconfigjson="$config" >/dev/null
rm -f "$config"
run pull "$private" -n "$namespace" --pull-secret regcred

say "4. The same, told from two Deployments of which one names the secret: nothing is created for that"
kubectl -n "$namespace" delete secret regcred >/dev/null
kubectl -n "$namespace" create secret generic regcred --type=kubernetes.io/dockerconfigjson \
    --from-file=.dockerconfigjson=<(printf '{"auths":{"%s":{"username":"%s","password":"%s"}}}' \
        "$SECURE_REGISTRY" "$REGISTRY_USER" "$REGISTRY_PASSWORD") >/dev/null
for name in api web; do kubectl -n "$namespace" create deployment "$name" --image="$private" --replicas=2 >/dev/null; done
kubectl -n "$namespace" patch deployment api \
    -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"regcred"}]}}}}' >/dev/null
kubectl -n "$namespace" rollout status deployment api --timeout=60s >/dev/null
run why -n "$namespace"

say "5. One node is cut off from the registry by its own firewall, another does not know the CA"
tests/cluster/fault --state "$state" reject node2 open
tests/cluster/fault --state "$state" untrust node3
run pull "$image" "$private" -n "$namespace"
