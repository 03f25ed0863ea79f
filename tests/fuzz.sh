#!/usr/bin/env bash
# Runs every fuzz target for FUZZ_RUNS cases, one after the other, and prints how long each took.
# FUZZ_TARGETS names some of them. Needs a nightly compiler and cargo-fuzz (`make fuzz` installs it).
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${FUZZ_RUNS:-1000000}
work=target/fuzz
# No unsafe code is under test: without a sanitizer the same time gives far more cases.
fuzz() { cargo +nightly fuzz "$1" --fuzz-dir tests/fuzz --sanitizer none --target-dir "$work/build" "${@:2}"; }
read -ra targets <<<"${FUZZ_TARGETS:-$(cargo +nightly fuzz list --fuzz-dir tests/fuzz | tr '\n' ' ')}"
fuzz build
for target in "${targets[@]}"; do
    mkdir -p "$work/corpus/$target"
    started=$(date +%s%N)
    if ! fuzz run "$target" "$work/corpus/$target" "tests/fuzz/seeds/$target" -- \
        -runs="$runs" -timeout=10 -rss_limit_mb=1024 >"$work/$target.log" 2>&1; then
        tail -40 "$work/$target.log" >&2
        echo "$target: FAILED; the whole log is $work/$target.log" >&2
        exit 1
    fi
    tenths=$((($(date +%s%N) - started) / 100000000))
    printf '%-20s %9d cases  %5d.%d s\n' "$target" "$runs" $((tenths / 10)) $((tenths % 10))
done
