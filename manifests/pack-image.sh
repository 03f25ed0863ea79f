# Packs a program and a CA bundle as an OCI archive (image-spec 1.1: an image layout in a tar). Sourced by the scripts
# `build` of probe-image and plugin-image, which set:
#
#   program      the program's name in the image, its entrypoint and the image's title
#   description  one sentence
#   most         bytes that the archive may have
#   folder       where the file `repository` lies
#
# By hand, because such an image is one layer and four small JSON files: no container tool, no base image, and
# the same bytes for the same input (no times, sorted names, one owner). Needs GNU tar and gzip.
# shellcheck shell=bash disable=SC2154 # the names are set by the scripts that source this file

export LC_ALL=C
unset GZIP TAR_OPTIONS # options that the caller's environment would add
umask 022
die() { echo "${0##*/}: $*" >&2; exit 1; }

# check_input BINARY CA_BUNDLE ARCHITECTURE VERSION
check_input() {
  [[ -s $1 ]] || die "there is no program $1: \`make image\` builds it first"
  [[ -r $2 ]] || die "there is no CA bundle $2: install the package ca-certificates, or name a PEM file in REGAUTH_CA_BUNDLE"
  grep -q -e '-----BEGIN CERTIFICATE-----' "$2" || die "there is no certificate in $2: name a PEM file in REGAUTH_CA_BUNDLE"
  [[ $3 =~ ^[a-z0-9]+$ ]] || die "\"$3\" is no architecture: name it as Go does, such as amd64 or arm64"
  [[ $4 =~ ^[A-Za-z0-9_][A-Za-z0-9._-]*$ ]] || die "\"$4\" cannot be a tag: use letters, digits, '.', '_' and '-'"
  tar --version 2>/dev/null | grep -q 'GNU tar' || die "the tar on PATH is not GNU tar: install it and put it first on PATH"
}

# archive FOLDER: a tar of what is in it, with nothing that differs from build to build
archive() {
  (cd "$1" && find . -mindepth 1 -printf '%P\n' | sort |
    tar --no-recursion --mtime=@0 --owner=0 --group=0 --numeric-owner --format=ustar -c --files-from=-)
}
# blob FILE: puts it under its digest; prints "digest":…,"size":… for a descriptor
blob() {
  local digest; digest=$(sha256sum <"$1" | cut -d' ' -f1)
  mv "$1" "$work/layout/blobs/sha256/$digest"
  printf '"digest":"sha256:%s","size":%s' "$digest" "$(stat -c %s "$work/layout/blobs/sha256/$digest")"
}

# layout ARCHITECTURE VERSION LAYER DIFF_ID: configuration, manifest and index; prints the manifest's descriptor
layout() {
  local arch=$1 version=$2 layer=$3 diff_id=$4 labels manifest
  labels=$(printf '"org.opencontainers.image.%s":"%s",' \
    description "$description" \
    licenses Apache-2.0 \
    source https://github.com/kubectl-regauth/kubectl-regauth \
    title "$program" \
    version "$version")
  # 65534 is nobody: a number, so that runAsNonRoot can be checked.
  printf '{"architecture":"%s","os":"linux","config":{"User":"65534:65534","Entrypoint":["/%s"],"WorkingDir":"/","Labels":{%s}},"rootfs":{"type":"layers","diff_ids":["%s"]},"history":[{"created_by":"kubectl-regauth, make image"}]}' \
    "$arch" "$program" "${labels%,}" "$diff_id" >"$work/config"
  printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s",%s},"layers":[{"mediaType":"%s",%s}]}' \
    application/vnd.oci.image.manifest.v1+json application/vnd.oci.image.config.v1+json "$(blob "$work/config")" \
    application/vnd.oci.image.layer.v1.tar+gzip "$layer" >"$work/manifest"
  manifest=$(blob "$work/manifest")
  # The names are for `ctr images import`, `podman load` and `docker load`.
  printf '{"schemaVersion":2,"mediaType":"%s","manifests":[{"mediaType":"%s",%s,"platform":{"architecture":"%s","os":"linux"},"annotations":{"io.containerd.image.name":"%s","org.opencontainers.image.ref.name":"%s"}}]}' \
    application/vnd.oci.image.index.v1+json application/vnd.oci.image.manifest.v1+json "$manifest" \
    "$arch" "$(<"$folder/repository"):$version" "$version" >"$work/layout/index.json"
  printf '{"imageLayoutVersion":"1.0.0"}' >"$work/layout/oci-layout"
  echo "$manifest"
}

# pack_image BINARY CA_BUNDLE ARCHITECTURE VERSION OUT [MORE]: MORE is a folder whose files go into the image as well
pack_image() {
  check_input "$@"
  local bundle=$2 arch=$3 version=$4 out=$5 more=${6:-} diff_id layer manifest size digest
  work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/root/etc/ssl/certs" "$work/layout/blobs/sha256"
  [[ -z $more ]] || cp -R "$more/." "$work/root"
  install -m 0755 "$1" "$work/root/$program"
  install -m 0644 "$bundle" "$work/root/etc/ssl/certs/ca-certificates.crt"
  archive "$work/root" >"$work/layer.tar"
  diff_id=sha256:$(sha256sum <"$work/layer.tar" | cut -d' ' -f1)
  gzip -9 -n "$work/layer.tar"
  layer=$(blob "$work/layer.tar.gz")
  manifest=$(layout "$arch" "$version" "$layer" "$diff_id")
  archive "$work/layout" >"$work/image.tar"

  size=$(stat -c %s "$work/image.tar")
  ((size <= most)) || die "the image has $size bytes, and may have at most $most: make the program smaller"
  digest=${manifest#*\"digest\":\"}
  mkdir -p "$(dirname "$out")"
  mv "$work/image.tar" "$out.new" && mv "$out.new" "$out"
  echo "$out: linux/$arch, $size bytes (at most $most), ${digest%%\"*}"
}
