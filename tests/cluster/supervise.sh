# Shared by host-init and node-init: starts a program again when it ends. Sourced; needs $state.
# shellcheck shell=bash disable=SC2154 # state is set by the script that sources this file

# supervise NAME PROGRAM ARGUMENT...: the file run/NAME.stopped keeps it from being started, run/NAME.pid holds its
# pid (as its own pid namespace numbers it), log/NAME.log what it says
supervise() {
  local name=$1 status; shift
  while :; do
    if [[ ! -e $state/run/$name.stopped ]]; then
      "$@" >>"$state/log/$name.log" 2>&1 </dev/null &
      echo $! >"$state/run/$name.pid"
      status=0; wait $! || status=$?
      rm -f "$state/run/$name.pid"
      echo "--- $name ended with status $status" >>"$state/log/$name.log"
    fi
    sleep 0.25
  done
}

# give_up MESSAGE LOG: tells `up` why the cluster cannot start; it takes everything down
give_up() { printf '%s\n%s\n' "$1" "$2" >"$state/run/error.new"; mv "$state/run/error.new" "$state/run/error"; exit 1; }
