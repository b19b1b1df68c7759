"""Is a result what docs/result.schema.json says? As a program of somebody else would ask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from json_schema import faults

PAGE = Path(__file__).resolve().parent.parent / "docs" / "result.schema.json"


def faults_of_result(result: object) -> list[str]:
    """Where and why it is not; plain JSON is judged, as it goes out."""
    whole: dict[str, Any] = json.loads(PAGE.read_text(encoding="utf-8"))
    about_itself = {"$schema", "$id", "$defs"}
    schema = {key: value for key, value in whole.items() if key not in about_itself}
    return list(faults(json.loads(json.dumps(result)), schema, whole))
