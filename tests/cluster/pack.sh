# Packs images as docker archives; sourced by what makes some. It uses $work, a folder of its own that holds each layer's
# files in root/, and the architecture $arch, and writes to $out.
#
# By hand, because an image is three small JSON files and some tar files: no daemon, no base image, and the
# same bytes (and so the same digests) on every machine of the same architecture and with the same Go.
# shellcheck shell=bash disable=SC2154 # what sources this file sets the names

# archive FOLDER FILE...: a tar with nothing in it that differs from run to run
archive() { tar -C "$1" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=ustar -c "${@:2}"; }

# shell: what Harbor's images have a shell and tools for, from Debian's busybox-static
shell() {
  install -m 0755 /bin/busybox "$work/root/bin/busybox"
  local name; for name in sh cat sleep; do ln -s busybox "$work/root/bin/$name"; done
}

# layer NAME FILE...: of root/
layer() { archive "$work/root" "${@:2}" >"$work/$1.tar"; }

# image FILE TAG CONFIG LAYER...: CONFIG is what its containers run, and as whom, in JSON without the outer braces
image() {
  local file=$1 tag=$2 config=$3 name digest diffs='' layers=''; shift 3
  rm -rf "$work/image"; mkdir "$work/image"
  for name in "$@"; do
    digest=$(sha256sum <"$work/$name.tar" | cut -d' ' -f1)
    ln "$work/$name.tar" "$work/image/$digest.tar"
    diffs+=${diffs:+,}"\"sha256:$digest\"" layers+=${layers:+,}"\"$digest.tar\""
  done
  printf '{"architecture":"%s","os":"linux","created":"2020-01-01T00:00:00Z","config":{%s,"Labels":{"tag":"%s"}},"rootfs":{"type":"layers","diff_ids":[%s]}}' \
    "$arch" "$config" "$tag" "$diffs" >"$work/image/config.json"
  printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":[%s]}]' "$tag" "$layers" >"$work/image/manifest.json"
  archive "$work/image" . >"$out/$file.tar"
}
