#!/usr/bin/env bash
# Compiles what only macOS and Windows have on this machine, whatever it is: in a copy of the sources every `cfg` about the
# platform is turned as it is on Windows (and the roots of macOS, which are the same), and the dependencies with it. What is
# used outside its `cfg`, and a fallback that does not fit, do not compile then. `std::os::unix` is there all the same:
# tests/packaging/portable.rs looks for that.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cp -r src plugin Cargo.toml Cargo.lock "$work"
for file in build.rs clippy.toml docs manifests tests; do ln -s "$PWD/$file" "$work/$file"; done

# In both: first what is not there, then what is; in the manifest `windows` is what this machine is not.
find "$work/src" "$work/plugin" -name '*.rs' -exec sed -i \
    -e 's/cfg\(!\?\)(not(any(target_os = "macos", windows)))/cfg\1(any())/g' \
    -e 's/cfg\(!\?\)(any(target_os = "macos", windows))/cfg\1(all())/g' \
    -e 's/cfg\(!\?\)(not(\(unix\|target_os = "linux"\)))/cfg\1(all())/g' \
    -e 's/cfg\(!\?\)(\(unix\|target_os = "linux"\))/cfg\1(any())/g' \
    -e 's/cfg(any(target_os = "linux", test))/cfg(test)/g' \
    -e 's/cfg\(!\?\)(not(windows))/cfg\1(any())/g' \
    -e 's/cfg\(!\?\)(windows)/cfg\1(all())/g' {} +
sed -i -e "s/^\[target.'cfg(\(unix\|target_os = \"linux\"\))'/[target.'cfg(windows)'/" \
    -e "s/^\[target.'cfg(any(target_os = \"macos\", windows))'/[target.'cfg(unix)'/" "$work/Cargo.toml"
# Two tables of one name are one.
awk '/^\[target\./ { if (seen[$0]++) next } { print }' "$work/Cargo.toml" >"$work/manifest"
mv "$work/manifest" "$work/Cargo.toml"
if grep -rnE 'cfg\(.*(unix|windows|target_os|target_family)' "$work/src" "$work/plugin"; then
    echo "a cfg about the platform has a form that this script does not turn: write it as the others are, or teach it" >&2
    exit 1
fi
${CARGO:-cargo} clippy --locked --manifest-path "$work/Cargo.toml" --lib --bin kubectl-regauth -- -D warnings
