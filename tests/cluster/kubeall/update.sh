#!/usr/bin/env bash
# Writes go.mod and go.sum for a Kubernetes version:   ./update.sh v1.36.3
#
# k8s.io/kubernetes names its staging modules (k8s.io/api, ...) as v0.0.0 and replaces them by folders
# of its own work tree, which do not exist outside of it. Each of them is published with every release,
# as v0.36.3 for v1.36.3: replacing them by those makes it an ordinary dependency.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
version=${1:-}
[[ $version =~ ^v1\.[0-9]+\.[0-9]+$ ]] || { echo "usage: ./update.sh v1.MINOR.PATCH" >&2; exit 2; }
staging=v0.${version#v1.}

rm -f go.mod go.sum
go mod init kubectl-regauth/tests/cluster/kubeall
gomod=$(go mod download -json "k8s.io/kubernetes@$version" | sed -n 's/^\s*"GoMod": "\(.*\)",*$/\1/p')
[[ -r $gomod ]] || { echo "update.sh: cannot download k8s.io/kubernetes@$version" >&2; exit 1; }
replace=()
while read -r module; do
  replace+=(-replace "$module=$module@$staging")
done < <(sed -n 's/^\s*\(k8s.io\/[a-z-]*\) v0\.0\.0$/\1/p; s/^\s*\(k8s.io\/[a-z-]*\) => .*/\1/p' "$gomod" | sort -u)
go mod edit "${replace[@]}" -require "k8s.io/kubernetes@$version"
go mod tidy
