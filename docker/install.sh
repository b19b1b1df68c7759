#!/usr/bin/env bash
# Installs TILscope on a Debian-like machine: system packages, virtual environment, project. Tried on Debian 12 (Python
# 3.11), Debian 13 (3.13) and with Python 3.12. Used by the Makefile and by docker/Dockerfile. Run it as root or with sudo;
# running it again changes nothing. TILSCOPE_PYTHON names another Python than /usr/bin/python3, TILSCOPE_VENV another folder
# than .venv.
#
#   docker/install.sh            everything
#   docker/install.sh --runtime  what runs: without the test and lint tools, without pyradiomics (features are our own)
#   docker/install.sh --packages only the system packages that it runs with, and no compiler: for an image that another one built
#   docker/install.sh --learned  afterwards: what trained segmenters need (docs/segmenters.md). Not every package registry
#                                has PyTorch's CPU build: where it is missing, this says so and fails, and nothing else does
#   docker/install.sh --bench    ANTs, which `make bench` compares with, in an environment of its own (.cache/bench-venv)
#   docker/install.sh --judges   R with the packages that `make judges` asks; no test needs it
#   docker/install.sh --viewer   OHIF for the demo and for sites that want it (docs/viewer.md); fails alone where npm does
#   docker/install.sh --chromium the browser in which the tests look at the viewer
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
venv=${TILSCOPE_VENV:-$root/.venv}
python=${TILSCOPE_PYTHON:-/usr/bin/python3}
purpose=development
lock=$root/docker/requirements-dev.lock
case ${1:-} in
    "") ;;
    --runtime) purpose=runtime lock=$root/docker/requirements.lock ;;
    --packages) purpose=packages ;;
    --learned) purpose=learned lock=$root/docker/requirements-learned.lock ;;
    --bench) purpose=bench lock=$root/docker/requirements-bench.lock venv=$root/.cache/bench-venv ;;
    --judges) purpose=judges ;;
    --viewer | --chromium) exec "$root/docker/viewer/install.sh" "$1" ;;
    *) printf 'install: unknown option %s; use --runtime, --packages, --learned, --bench, --judges, --viewer, --chromium or nothing\n' "$1" >&2; exit 2 ;;
esac

say() { printf 'install: %s\n' "$*"; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

pip() { "$venv/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }
check_python() {
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' && return
    say "TILscope needs Python 3.11 or newer, and $python is $(version_of "$python"): Debian 12 and Ubuntu 24.04 have it;" \
        "elsewhere set TILSCOPE_PYTHON to one that is" >&2
    exit 1
}
# The environment is made anew where another Python made it: an upgrade of the system brings one.
make_environment() {
    check_python
    if [ "$(version_of "$venv/bin/python" 2>/dev/null)" != "$(version_of "$python")" ]; then
        say "virtual environment $venv (Python $(version_of "$python"))"
        "$python" -m venv --clear "$venv"
    fi
}

if [ "$purpose" = learned ]; then
    [ -f "$venv/.installed" ] || { say "run docker/install.sh first"; exit 2; }
    stamp=$venv/.installed-learned
    # The first installation may have been made anew since.
    want=$(cat "$lock" "$venv/.installed" | sha256sum | cut -d' ' -f1)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
        say "trained segmenters: up to date"
        exit 0
    fi
    say "PyTorch for trained segmenters"
    # One of them has no wheel: it is built with the setuptools that is there.
    if ! why=$(pip install --require-hashes --no-deps --no-build-isolation -r "$lock" 2>&1); then
        say "PyTorch's CPU build could not be installed from this machine's package registry: segmenters that were" \
            "trained cannot be run here and their tests are skipped; everything else works."
        printf '%s\n' "$why" | grep -i '^error' | tail -n 1 >&2 || true
        exit 1
    fi
    printf '%s' "$want" >"$stamp"
    say "done"
    exit 0
fi

if [ "$purpose" = bench ]; then
    stamp=$venv/.installed
    want=$(sha256sum <"$lock" | cut -d' ' -f1)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
        say "ANTs: up to date"
        exit 0
    fi
    say "ANTs for the comparison, in $venv"
    make_environment
    if ! why=$(pip install --require-hashes --no-deps --only-binary :all: -r "$lock" 2>&1); then
        say "ANTs could not be installed from this machine's package registry: the comparison leaves SyN out and says so."
        printf '%s\n' "$why" | grep -i '^error' | tail -n 1 >&2 || true
        exit 1
    fi
    printf '%s' "$want" >"$stamp"
    say "done"
    exit 0
fi

[ ! -x "$python" ] || check_python
# Orthanc with the two plugins that TILscope needs; openssl makes the keys that the engine's workers talk by; gcc builds our
# kernels. For the tests, dcmtk and dicom3tools read our objects back, the Python headers build pyradiomics, and debootstrap
# gives newer Orthancs; PixelMed, which is Java, judges templates.
packages=(orthanc orthanc-python orthanc-dicomweb fonts-dejavu-core fonts-wqy-microhei python3 ca-certificates openssl)
[ "$purpose" = packages ] || packages+=(python3-venv gcc libc6-dev)
[ "$purpose" = development ] && packages+=(dcmtk dicom3tools poppler-utils python3-dev debootstrap git libpixelmed-java libxalan2-java default-jre-headless)
# The judges of our statistics: they run nothing of ours.
[ "$purpose" != judges ] || packages=(r-base-core r-cran-jsonlite r-cran-proc r-cran-survival r-cran-rms r-cran-glmnet
    r-cran-psych r-bioc-sva r-bioc-gsva r-bioc-limma)

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    say "system packages: ${missing[*]}"
    # Installing Orthanc must not start it as a system service on somebody's machine.
    guard=/usr/sbin/policy-rc.d
    if [ -e "$guard" ]; then
        unset guard # somebody's own: leave it
    else
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" >/dev/null
        as_root chmod +x "$guard"
        trap 'as_root rm -f "$guard"' EXIT
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

case $purpose in packages | judges) exit 0 ;; esac

stamp=$venv/.installed
kernels=("$root"/models/kernels/*.[ch])
want=$(cat "$lock" "$root/pyproject.toml" "$root/setup.py" "$root/tilscope/extractor.py" "${kernels[@]}" "$0" | sha256sum | cut -d' ' -f1)
want=$want-$purpose-$("$python" -V 2>&1)-$root
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
    say "up to date ($venv)"
    exit 0
fi

make_environment

# Every package is pinned by version and hash. A requirement is a line in column 0 with its indented hashes below:
# `only` and `but` keep or drop whole requirements by name.
only() { awk -v names="^($1)==" '/^[^ #]/ {hit = ($0 ~ names)} hit' "$lock"; }
but() { awk -v names="^($1)==" '/^[^ #]/ {hit = ($0 ~ names)} !hit' "$lock"; }
work=$(mktemp -d)
trap 'rm -rf "$work"; [ -z "${guard:-}" ] || as_root rm -f "$guard"' EXIT
only 'setuptools|wheel' >"$work/build.txt"
# Of pyradiomics alone, and nothing that runs: what it needs is not installed either.
judge='pyradiomics'
[ "$purpose" = development ] || judge+='|pykwalify|docopt|ruamel-yaml|six'
but "setuptools|wheel|$judge" >"$work/wheels.txt"
say "Python packages"
pip install --require-hashes --no-deps -r "$work/build.txt"
# One of them (docopt) has no wheel: it is built with the setuptools that is there now, not with the newest.
pip install --require-hashes --no-deps --no-build-isolation --use-pep517 -r "$work/wheels.txt"
if [ "$purpose" = development ]; then
    say "pyradiomics from source"
    "$venv/bin/python" "$root/tilscope/extractor.py" 2>"$work/extractor.txt" || { cat "$work/extractor.txt" >&2; exit 1; }
fi
say "tilscope"
pip install --no-deps --no-build-isolation --editable "$root"

printf '%s' "$want" >"$stamp"
say "done"
