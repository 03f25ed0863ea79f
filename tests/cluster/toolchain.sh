# What builds the programs of this folder: where they go, the distribution's packages, Go. Sourced after lib.sh.
# shellcheck shell=bash disable=SC2154 # what sources this file sets the names

export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/go/bin # where a plain user's shell does not look
cache=${REGAUTH_CLUSTER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-regauth/cluster}
go_wanted=$(sed -n 's/^go //p' "$here/kubeall/go.mod")
note() { echo "$me: $*" >&2; }

services=(etcd containerd docker-registry nftables apache2 chrony prometheus)

install_packages() { # none of their services may run, now or at the next start of the machine
  (($#)) || return 0
  command -v apt-get >/dev/null || die "missing, and there is no apt-get to install them: $*"
  [[ $EUID = 0 ]] || die "missing, and only root can install them: $*"
  note "installing $*"
  local policy=/usr/sbin/policy-rc.d own='' log service packages=("$@") before
  log=$(mktemp)
  before=$(enabled_services)
  [[ -e $policy ]] || { own=1; printf '#!/bin/sh\nexit 101\n' >$policy; chmod 0755 $policy; }
  export DEBIAN_FRONTEND=noninteractive
  apt_install() { apt-get install -y -qq --no-install-recommends "${packages[@]}" >"$log" 2>&1; }
  local failed=''
  apt_install || { apt-get update -qq >/dev/null 2>&1; apt_install || failed=1; }
  [[ -z $own ]] || rm -f $policy
  for service in $(enabled_services); do # by the package; one that was enabled before is not ours to touch
    [[ " $before " = *" $service "* ]] || systemctl disable -q "$service" 2>/dev/null || true
  done
  [[ -z $failed ]] || { tail -n 5 "$log" >&2; rm -f "$log"; die "apt-get cannot install: $*"; }
  rm -f "$log"
}
enabled_services() {
  command -v systemctl >/dev/null || return 0
  local service
  for service in "${services[@]}"; do
    [[ $(systemctl is-enabled "$service" 2>/dev/null) = enabled ]] && printf '%s ' "$service"
  done
  return 0
}

# find_go: the Go that GO_WANTED says; the one that is there if it is new enough, or can fetch the right one; else the distribution's fetches it
find_go() {
  command -v go >/dev/null || install_packages golang-go
  local have; have=$(go env GOVERSION 2>/dev/null) || have=go0
  if [[ $(printf 'go%s\n%s\n' "$go_wanted" "${have%% *}" | sort -V | head -n 1) = "go$go_wanted" ]]; then
    export GOTOOLCHAIN=local
  elif [[ $(printf 'go1.21\n%s\n' "${have%% *}" | sort -V | head -n 1) = go1.21 ]]; then
    export GOTOOLCHAIN=go$go_wanted # the go command fetches it as a module
  else
    # An old go knows nothing of tool chains, but one is an ordinary module and can be downloaded as such.
    # A module's files cannot be executed, so a copy is made that can.
    local tool="$cache/go$go_wanted" dir
    if [[ ! -x $tool/bin/go ]]; then
      note "$have is too old: fetching go$go_wanted"
      dir=$(cd "$(mktemp -d)" && go mod download -json "golang.org/toolchain@v0.0.1-go$go_wanted.linux-$(go env GOARCH)" |
        sed -n 's/^\s*"Dir": "\(.*\)",*$/\1/p') || true
      [[ -d $dir ]] || die "Go $go_wanted is needed; $have is here, and the newer one cannot be downloaded"
      rm -rf "$tool.new"; cp -r "$dir" "$tool.new"; chmod -R u+w "$tool.new"
      chmod +x "$tool.new"/bin/* "$tool.new"/pkg/tool/*/*; rm -rf "$tool"; mv "$tool.new" "$tool"
    fi
    export PATH=$tool/bin:$PATH GOROOT=$tool GOTOOLCHAIN=local
  fi
}
