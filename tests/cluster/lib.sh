# Shared by the scripts of this folder; sourced, never run.
# shellcheck shell=bash disable=SC2034 # the names are used by the scripts that source this file

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
me=${0##*/}
default_state=${REGAUTH_CLUSTER_STATE:-/tmp/kubectl-regauth-cluster}
nodes=(node1 node2 node3)
containerd_1_node=node3 # runs the distribution's containerd instead of the built one
link=rg-host            # the machine's end of the only link into the cluster
[[ -d /run/lock && -w /run/lock ]] && lock_dir=/run/lock || lock_dir=/tmp
lock_file=$lock_dir/kubectl-regauth-cluster.lock # one for the machine: interface and addresses are, too

die() { echo "$me: $*" >&2; exit 1; }

# use_net PREFIX: every address of the cluster follows from the first two numbers
use_net() {
  net=$1
  [[ $net =~ ^([0-9]{1,3})\.([0-9]{1,3})$ && ${BASH_REMATCH[1]} -le 223 && ${BASH_REMATCH[2]} -le 255 ]] ||
    die "REGAUTH_CLUSTER_NET must be two numbers like 10.77, not '$net'"
  api_ip=$net.0.1 dns_ip=$net.0.2 # the cluster host on the nodes' network; nodes are $net.0.11 and on
  local name number=20
  declare -gA ip=() # of each service
  for name in "${services[@]}"; do ip[$name]=$net.0.$((++number)); done
  number=60
  for name in "${time_servers[@]}"; do ip[$name]=$net.0.$((++number)); done
  host_ip=$net.1.1 uplink_ip=$net.1.2 # the machine's end of the link, and the cluster's
  pod_cidr=$net.64.0/18 # node N has $net.(64+N).0/24
  service_cidr=$net.128.0/20 service_ip=$net.128.1
}

# What runs on the cluster host for nodes and pods, each at an address of its own and as NAME.registry.test.
registries=(secure open legacy token token-legacy)
services=("${registries[@]}" auth proxy refusing-proxy)
# chronyd, at UDP port 123: one that has the machine's time, and one that has none yet.
time_servers=(time unsynchronised-time)
declare -A port=([secure]=5443 [open]=5000 [legacy]=5443 [token]=5443 [token-legacy]=5443 [auth]=5444 [proxy]=3128 [refusing-proxy]=3128)
host_of() { echo "$1.registry.test"; }
endpoint_of() { echo "$1.registry.test:${port[$1]}"; } # HOST:PORT
# The machine's end of the link, where tests listen themselves. Names, and the ports that nodes speak TLS to.
scripted_names=(scripted scripted-auth scripted-storage)
scripted_tls_ports=({5081..5089})

secure_registry=$(endpoint_of secure)
open_registry=$(endpoint_of open)
scripted_registry=scripted.registry.test:5080
scripted_tls_registry=scripted.registry.test:5081

# A process is known by its pid and the time it started: the number alone may have been given away since.
start_time() { local -a stat; stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1; read -ra stat <<<"${stat##*) }"; echo "${stat[19]}"; }
runs() { [[ -n ${1:-} && -n ${2:-} && $(start_time "$1") = "$2" ]]; }
first_child() { local kids; kids=$(cat "/proc/$1/task/$1/children" 2>/dev/null) && [[ -n $kids ]] && echo "${kids%% *}"; }

# from_env KEY FILE: a value of a state's env file
from_env() { sed -n "s/^$1=//p" "$2"; }

# absolute STATE: where the state is; some folders cannot hold it, because each node has its own
absolute() {
  local path; path=$(readlink -m -- "$1")
  case $path/ in
    / | /run/* | /var/run/* | /var/log/* | /var/lib/* | /proc/* | /sys/* | /dev/* | /etc/*) die "the state cannot be in $path: try one below /tmp" ;;
    *[[:space:],:\\\"]*) die "the state's path must be without spaces, commas, colons and quotes: $path" ;;
  esac
  echo "$path"
}

# running_state: who holds the lock, as `up` wrote it down: PID START_TIME of unshare, the same of the cluster's first process, STATE
running_state() { local state; read -r _ _ _ _ state 2>/dev/null <"$lock_file" && echo "$state"; }

# cgroups: those of containers (runc makes them as k8s.io/ID where the kubelet does not arrange pods' cgroups)
cgroups() { find /sys/fs/cgroup -depth -type d \( -path '*/k8s.io/*' -o -name k8s.io \) 2>/dev/null || true; }

# ended PID START: the process is gone, or would be if its parent looked
ended() { ! runs "$1" "$2" || [[ $(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) = [ZX] ]]; }

# remove_leftovers STATE: with the lock held, so no process of the cluster has a file open any more; waits for the last
# ones to be gone, and removes what the kernel does not remove by itself
remove_leftovers() {
  local state=$1 try pid start init init_start left
  read -r pid start init init_start _ 2>/dev/null <"$lock_file" || true
  for try in {1..100}; do
    if ended "${pid:-}" "${start:-}" && ended "${init:-}" "${init_start:-}"; then break; fi
    sleep 0.02
  done
  # The link goes with the cluster's network namespace, which the kernel ends a moment after its last process.
  for try in {1..50}; do [[ -e /sys/class/net/$link ]] || break; sleep 0.05; done
  [[ ! -e /sys/class/net/$link ]] || ip link del "$link" 2>/dev/null || true
  # Killed containers leave empty cgroups. What was there before `up` is somebody else's.
  if [[ -e $state/.kubectl-regauth-cluster ]]; then
    for try in {1..60}; do
      mapfile -t left < <(cgroups | grep -vxFf "$state/cgroups-before" || true)
      ((${#left[@]})) || break
      rmdir -- "${left[@]}" 2>/dev/null || true
      sleep 0.02
    done
    rm -rf --one-file-system -- "$state"
  fi
}
