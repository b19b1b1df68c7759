#!/usr/bin/env bash
# Renew the pinned requirements from pyproject.toml. Needs uv; hashes only, no index lines.
#   docker/requirements.lock      what runs
#   docker/requirements-dev.lock  the same and the tools of tests and lint
#   docker/requirements-learned.lock  what trained segmenters need besides: PyTorch's CPU build, which not every registry has
#   docker/requirements-bench.lock  ANTs for `make bench`, in an environment of its own
set -euo pipefail
cd "$(dirname "$0")/.."
pytorch=2.13.0+cpu
compile() {
    uv pip compile --quiet --python "${PYTHON:-/usr/bin/python3}" --no-build-isolation --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header "$@"
}
project() { compile pyproject.toml --extra build "$@"; }
project --extra dev -o docker/requirements-dev.lock
# The second is constrained by the first: one version of everything.
project --constraint docker/requirements-dev.lock -o docker/requirements.lock
printf '%s\n' "torch==$pytorch" 'dynamic-network-architectures>=0.3.1,<0.4' |
    compile - --constraint docker/requirements-dev.lock -o docker/requirements-learned.lock ||
    echo "lock: this registry has no CPU build of PyTorch; docker/requirements-learned.lock stays as it was" >&2
echo 'antspyx>=0.6,<0.7' | compile - -o docker/requirements-bench.lock
