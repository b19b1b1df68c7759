#!/usr/bin/env bash
# Fetches the OHIF viewer as it was published and keeps what is served behind Orthanc (docs/viewer.md).
# `docker/install.sh --viewer` calls this. Running it again changes nothing. Where npm or its registry cannot be had,
# it says so and ends with 1; nothing else of TILscope needs it. With `--chromium`, the browser of the tests instead.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
viewer=${TILSCOPE_VIEWER:-$(cd "$here/../.." && pwd)/.cache/viewer}
read -r package integrity <"$here/ohif.lock"
prefix=/tilscope/viewer/

say() { printf 'install: %s\n' "$*"; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
without() {
    say "$1; everything else works without it."
    exit 1
}

# $1: the program, $2: its Debian package
program() {
    command -v "$1" >/dev/null && return
    say "system package: $2"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null
}

if [ "${1:-}" = --chromium ]; then
    program chromium chromium || without "Chromium cannot be installed on this machine, and its tests are skipped"
    exit 0
fi

want=$(cat "$here"/* | sha256sum | cut -d' ' -f1)
if [ -f "$viewer/.installed" ] && [ "$(cat "$viewer/.installed")" = "$want" ]; then
    say "viewer: up to date ($viewer)"
    exit 0
fi

program npm npm || without "npm cannot be installed on this machine"

say "viewer: $package"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# `pack` takes the published archive alone. `install` would bring the hundreds of packages that it was built from.
(cd "$work" && npm pack --silent "$package" >/dev/null) || without "npm cannot fetch $package"
archive=$(echo "$work"/*.tgz)
[ "sha512-$(openssl dgst -sha512 -binary "$archive" | base64 -w0)" = "$integrity" ] ||
    without "what npm fetched is not the $package that was tested"

# Left out: the ONNX runtime, a microscopy viewer, maps for debuggers, a service worker from a public
# address, OHIF's own page. What remains of 204 MB is 48.
tar -xzf "$archive" -C "$work" --strip-components=2 --exclude='*.map' --exclude=package/dist/ort \
    --exclude=package/dist/dicom-microscopy-viewer --exclude=package/dist/index.html --exclude=package/dist/sw.js \
    --exclude=package/dist/init-service-worker.js --exclude=package/dist/google.js \
    --exclude=package/dist/oidc-client.min.js --exclude=package/dist/silent-refresh.html \
    --exclude='package/dist/assets/apple-touch-*' --exclude='package/dist/_*' package/dist
tar -xzf "$archive" -C "$work" --strip-components=1 package/LICENSE
rm "$archive"
# Built to be served from the root of a server; here it lives below a prefix.
sed -i "s#__webpack_require__\.p = \"/\"#__webpack_require__.p = \"$prefix\"#" "$work"/*.bundle.*.js
sed -i 's#url(/#url(#g' "$work"/*.css
# OHIF 3.13.2 makes one volume in time of a series that holds several phases, and then draws a segmentation on a part of the
# slices only (docs/viewer.md). As a stack of images every slice has its own.
in_time='isDynamicVolume = timePoints.length > 1;'
[ "$(grep -lF "$in_time" "$work"/*.bundle.*.js | wc -l)" = 2 ] || without "$package is not built as expected"
sed -i "s/$in_time/isDynamicVolume = false;/" "$work"/*.bundle.*.js
# For the page it asks for application/pdf, which Orthanc 1.12's DICOMweb refuses; as plain bytes every Orthanc gives it.
as_pdf='mediaType: defaultType'
[ "$(grep -lF "$as_pdf" "$work"/*.bundle.*.js | wc -l)" = 1 ] || without "$package is not built as expected"
sed -i "s#$as_pdf#mediaType: 'application/octet-stream'#" "$work"/*.bundle.*.js
# It opens a segmentation at its first slice with any segment; here at the one with most of segment 1, which is lesion 1.
first_slice='if (!firstSegmentedSliceImageId .. scalarData.some(value => value !== 0)) {'
most='const ofSegment1 = scalarData.reduce((count, value) => count + (value === 1), 0);'
most="$most if (ofSegment1 > (segDisplaySet.mostOfSegment1 || 0)) { segDisplaySet.mostOfSegment1 = ofSegment1;"
[ "$(grep -l "$first_slice" "$work"/*.bundle.*.js | wc -l)" = 1 ] || without "$package is not built as expected"
sed -i "s#$first_slice#$most#" "$work"/*.bundle.*.js
app=$(cd "$work" && echo app.bundle.*.js)
sed "s#@APP_BUNDLE@#$app#" "$here/index.html" >"$work/index.html"
cp "$here/app-config.js" "$work/app-config.js"
printf '%s' "$want" >"$work/.installed"

# Only what was made here is replaced.
[ ! -e "$viewer" ] || [ -e "$viewer/.installed" ] || without "$viewer is not a viewer's folder"
rm -rf "$viewer"
mkdir -p "$(dirname "$viewer")"
mv "$work" "$viewer"
chmod -R a+rX "$viewer"
trap - EXIT
say "viewer: done ($viewer)"
