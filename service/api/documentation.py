"""The API's description as OpenAPI has it, for docs/openapi.json; the running service gives the same at /openapi.json.

`python -m tilscope.service.api.documentation > docs/openapi.json`
"""

from __future__ import annotations

import json
import tempfile

from tilscope.service.api.app import make_api
from tilscope.service.api.context import ApiContext
from tilscope.service.settings import ServiceSettings


def openapi() -> str:
    """The file, whole."""
    with tempfile.TemporaryDirectory(prefix="tilscope-") as folder:
        context = ApiContext.of(ServiceSettings.read({"data_directory": folder, "token": "only for the description"}))
        described = make_api(context).openapi()
        context.ledger.close()
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(openapi(), end="")
