"""The reference of every setting, for docs/settings.md: what pydantic checks, with what the classes say of each field.

`python -m tilscope.service.settings_documentation > docs/settings.md`
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator
from dataclasses import is_dataclass
from itertools import pairwise
from typing import Any

from pydantic import TypeAdapter

from tilscope.models.setting_limits import limit_in_words
from tilscope.models.settings import PipelineSettings
from tilscope.service.settings import ServiceSettings
from tilscope.service.webhook_settings import Webhook

_HEAD = """# Settings

Made from the code by `python -m tilscope.service.settings_documentation > docs/settings.md`; a test holds it current.

A service of its own reads one JSON object with these keys (`python -m tilscope.service.run --settings FILE`); commands that take
`--settings FILE` read the same. Orthanc's plugin has a section of its own in Orthanc's configuration, with fewer keys
([orthanc/README.md](../orthanc/README.md#configuration)). A key that is not known, a value of another type, NaN, infinity and
what lies beyond a limit are refused in a sentence that names the key and the limit:

    pipeline.quality.snr_refused must be a number of at least 0, not NaN.

In Python the sections are dataclasses of `tilscope.models.settings`, with the same names, limits and sentences.
"""
_UNITS = {"_percent": "%", "_mm": "mm", "_s": "s", "_seconds": "s", "_hours": "h", "_days": "d"}


def settings_page() -> str:
    """The page, whole."""
    kinds: dict[str, type] = {"The service": ServiceSettings, "webhooks": Webhook, "pipeline": PipelineSettings}
    pipeline = PipelineSettings()
    kinds |= {f"pipeline.{name}": type(section) for name, section in vars(pipeline).items() if is_dataclass(section)}
    tables = ("\n".join(_section(title, kind)) for title, kind in kinds.items())
    return "\n".join([_HEAD, *tables])


def _section(title: str, kind: type) -> Iterator[str]:
    schema = TypeAdapter(kind).json_schema()
    said = _docstrings(kind)
    heading = title if " " in title else f"`{title}`"
    yield f"## {heading}\n"
    yield _joined(inspect.getdoc(kind) or "") + "\n"
    yield "| Key | Must be | Unit | Default | Meaning |\n|---|---|---|---|---|"
    for key, one in schema["properties"].items():
        if "$ref" in one:  # a section, which has a table of its own
            continue
        default = "needed" if key in schema.get("required", ()) else _default(one)
        yield f"| `{key}` | {limit_in_words(one)} | {_unit(key)} | {default} | {said[key]} |"
    yield ""


def _default(schema: dict[str, Any]) -> str:
    return f"`{json.dumps(schema['default'])}`" if "default" in schema else ""


def _unit(key: str) -> str:
    """A field's name ends in its unit."""
    return next((unit for ending, unit in _UNITS.items() if key.endswith(ending)), "")


def _docstrings(kind: type) -> dict[str, str]:
    """What stands below each field in the source."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(node, ast.ClassDef)
    return {
        field.target.id: _joined(below.value.value)
        for field, below in pairwise(node.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }


def _joined(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    print(settings_page(), end="")
