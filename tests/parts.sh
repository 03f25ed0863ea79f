#!/usr/bin/env bash
# Asserts what the features promise: the library alone holds neither a Kubernetes client nor a command line,
# with `cluster` still nothing that draws tables, and with `probe`, which goes into an image of a few megabytes, neither.
set -euo pipefail
cd "$(dirname "$0")/.."
holds_none() { # holds_none FEATURES CRATE…
    local features=$1 tree; shift
    tree=$(cargo tree --locked --edges normal --prefix none --no-default-features ${features:+--features "$features"})
    for crate in "$@"; do
        if grep -q "^$crate v" <<<"$tree"; then
            echo "the library${features:+ with $features} depends on $crate" >&2
            exit 1
        fi
    done
}
holds_none "" kube k8s-openapi tokio hyper rustls hickory-proto x509-cert clap comfy-table indicatif tar flate2
holds_none cluster clap comfy-table indicatif tar flate2
holds_none bundle kube k8s-openapi tokio hyper clap comfy-table indicatif
holds_none image kube k8s-openapi tokio hyper clap comfy-table indicatif
holds_none probe kube k8s-openapi clap comfy-table indicatif tar flate2 reqwest
