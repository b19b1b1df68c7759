#!/usr/bin/env bash
# Makes a folder with a newer Debian's Orthanc, which the tests run by chroot, so that the plugin is tested on several
# Orthancs (docs/tested-versions.md). Running it again changes nothing.
#
#   tests/orthanc/newer_orthanc.sh [SUITE [FOLDER]]     default: trixie, .cache/orthanc-SUITE
#
# trixie is Debian 13. sid is what comes after it and changes every day: remove its folder to have the newest again.
# Needs root or sudo, and debootstrap. Packages come from where this machine's own apt takes Debian from;
# DEBIAN_MIRROR overrides that.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
suite=${1:-trixie}
folder=${2:-$root/.cache/orthanc-$suite}
packages=(orthanc orthanc-python orthanc-dicomweb python3-minimal)

say() { printf 'newer_orthanc: %s\n' "$*"; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
inside() { as_root chroot "$building" env DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"; }

mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
flock 9
if [ -e "$folder/.complete" ]; then
    say "up to date ($folder)"
    exit 0
fi

mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" && $2 == "main" && $3 !~ /security/ {print $3; exit}')}
if [ -z "$mirror" ]; then
    say "this machine's apt names no Debian mirror; set DEBIAN_MIRROR" >&2
    exit 1
fi
if ! command -v debootstrap >/dev/null && [ ! -x /usr/sbin/debootstrap ]; then
    say "debootstrap is missing: apt-get install debootstrap" >&2
    exit 1
fi
# The proxy of this machine's apt is not written anywhere: it is only used while this runs.
eval "$(apt-config shell apt_proxy Acquire::http::Proxy)"
[ -n "${apt_proxy:-}" ] && [ "$apt_proxy" != DIRECT ] && export http_proxy="$apt_proxy"

building=$folder.building
log=$folder.log
trap 'status=$?; [ $status = 0 ] || { say "failed; the end of $log:" >&2; tail -n 20 "$log" >&2; }' EXIT
as_root rm -rf --one-file-system "$building"
say "base system"
as_root env ${http_proxy:+http_proxy="$http_proxy"} PATH="/usr/sbin:/sbin:$PATH" \
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$building" "$mirror" >"$log" 2>&1
# Installing Orthanc must not start it.
printf '#!/bin/sh\nexit 101\n' | as_root tee "$building/usr/sbin/policy-rc.d" >/dev/null
as_root chmod +x "$building/usr/sbin/policy-rc.d"
say "${packages[*]}"
inside ${http_proxy:+http_proxy="$http_proxy"} \
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >>"$log" 2>&1
inside apt-get clean
inside Orthanc --version >>"$log"
as_root touch "$building/.complete"
as_root rm -rf --one-file-system "$folder"
as_root mv "$building" "$folder"
say "done ($folder)"
