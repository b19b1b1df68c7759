#!/usr/bin/env bash
# Renew the pinned requirements from pyproject.toml. Needs uv; hashes only, no index lines. Each lock holds for every Python
# from 3.11 on, by markers, with as few versions as possible: the same numbers on each.
#   docker/requirements.lock      what runs
#   docker/requirements-dev.lock  the same and the tools of tests, lint and documentation
#   docker/requirements-learned.lock  what trained segmenters need besides: PyTorch's CPU build, which not every registry has
#   docker/requirements-bench.lock  ANTs for `make bench`, in an environment of its own
#
#   docker/lock.sh --upgrade      newer versions of everything; options go to uv
set -euo pipefail
cd "$(dirname "$0")/.."
pytorch=2.13.0+cpu
options=("$@")
compile() {
    uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header "$@" ${options[@]+"${options[@]}"}
}
project() { compile pyproject.toml --extra service --extra dicomweb --extra research --extra extractor "$@"; }
project --extra dev --extra docs -o docker/requirements-dev.lock
# The second is constrained by the first: one version of everything.
project --constraint docker/requirements-dev.lock -o docker/requirements.lock
printf '%s\n' "torch==$pytorch" 'dynamic-network-architectures>=0.3.1,<0.4' |
    compile - --constraint docker/requirements-dev.lock -o docker/requirements-learned.lock ||
    echo "lock: this registry has no CPU build of PyTorch; docker/requirements-learned.lock stays as it was" >&2
echo 'antspyx>=0.6,<0.7' | compile - -o docker/requirements-bench.lock
