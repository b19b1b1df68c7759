#!/usr/bin/env bash
# Renew the pinned requirements from pyproject.toml. Needs uv; hashes only, no index lines.
#   docker/requirements.lock      what runs
#   docker/requirements-dev.lock  the same and the tools of tests and lint
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
    uv pip compile --quiet --python "${PYTHON:-/usr/bin/python3}" --no-build-isolation --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header pyproject.toml --extra build "$@"
}
compile --extra dev -o docker/requirements-dev.lock
# The second is constrained by the first: one version of everything.
compile --constraint docker/requirements-dev.lock -o docker/requirements.lock
