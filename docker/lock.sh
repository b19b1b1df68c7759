#!/usr/bin/env bash
# Renew docker/requirements.lock from pyproject.toml. Needs uv; hashes only, no index lines.
set -euo pipefail
cd "$(dirname "$0")/.."
uv pip compile --quiet --python "${PYTHON:-/usr/bin/python3}" --extra dev --extra build --no-build-isolation \
    --generate-hashes --no-emit-index-url --no-emit-find-links --no-header pyproject.toml -o docker/requirements.lock
