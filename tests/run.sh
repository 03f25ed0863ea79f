#!/usr/bin/env bash
# All tests: the library's and the plugin's own, then those on the real cluster.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v cargo >/dev/null; then
    echo "make test needs Rust (cargo): install it, for instance from your distribution or by rustup" >&2
    exit 1
fi
state=${REGAUTH_CLUSTER_STATE:-/tmp/kubectl-regauth-cluster}
if [ -z "${KUBECONFIG_E2E:-}" ] && ! [ -e "$state/env" ]; then
    # The tests take down what they brought up; this is for those that are interrupted.
    trap 'tests/cluster/down "$state" >/dev/null 2>&1 || true' EXIT
fi
if [ -z "${KUBECONFIG_E2E:-}" ] && tests/cluster/check-host >/dev/null; then
    tests/cluster/build >/dev/null
    # The tests build it themselves where it is older than the source; here it is seen to be going on.
    make --no-print-directory probe-image
    # Helm, and Prometheus' packages. Where they cannot be had, the tests that need them say so.
    tests/deploy/tools >/dev/null || true
fi
# Every crate of tests is run even if one fails; cargo's exit status says whether any did.
status=0
cargo test --locked --no-fail-fast || status=$?
# What the tests about Harbor stand on is itself held to recorded exchanges with the real one.
tests/cluster/harbor-core/test || status=1
exit "$status"
