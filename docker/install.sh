#!/usr/bin/env bash
# Installs TILscope on a Debian-like machine: system packages, virtual environment, project.
# Used by the Makefile and by docker/Dockerfile. Run it as root or with sudo; running it again changes nothing.
#
#   docker/install.sh            everything
#   docker/install.sh --runtime  without the test and lint tools
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
venv=${TILSCOPE_VENV:-$root/.venv}
python=/usr/bin/python3
extras=dev
[ "${1:-}" = --runtime ] && extras=runtime

say() { printf 'install: %s\n' "$*"; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Orthanc with the two plugins that TILscope needs; dcmtk and dicom3tools read our objects back;
# gcc and the Python headers build pyradiomics; debootstrap gives the tests a second, newer Orthanc.
packages=(orthanc orthanc-python orthanc-dicomweb dcmtk dicom3tools poppler-utils fonts-dejavu-core
          python3 python3-venv python3-dev gcc g++ ca-certificates)
[ "$extras" = dev ] && packages+=(debootstrap git)

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    say "system packages: ${missing[*]}"
    # Installing Orthanc must not start it as a system service on somebody's machine.
    guard=/usr/sbin/policy-rc.d
    if [ ! -e "$guard" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" >/dev/null
        as_root chmod +x "$guard"
        trap 'as_root rm -f "$guard"' EXIT
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

lock=$root/docker/requirements.lock
stamp=$venv/.installed
want=$(cat "$lock" "$root/pyproject.toml" "$0" | sha256sum | cut -d' ' -f1)-$extras-$root
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
    say "up to date ($venv)"
    exit 0
fi

say "virtual environment $venv"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }

# Every package is pinned by version and hash. pyradiomics is built from source against the numpy already there.
# awk keeps or drops whole entries: a requirement is a line in column 0 with its indented hashes.
requirement() { awk -v keep="$1" '/^[^ #]/ {hit = /^pyradiomics==/} hit == keep' "$lock"; }
work=$(mktemp -d)
trap 'rm -rf "$work"; [ -z "${guard:-}" ] || as_root rm -f "$guard"' EXIT
requirement 0 >"$work/wheels.txt"
requirement 1 >"$work/source.txt"
say "Python packages"
pip install --require-hashes --no-deps -r "$work/wheels.txt"
say "pyradiomics from source"
pip install --require-hashes --no-deps --no-build-isolation -r "$work/source.txt"
say "tilscope"
pip install --no-deps --no-build-isolation --editable "$root"

printf '%s' "$want" >"$stamp"
say "done"
