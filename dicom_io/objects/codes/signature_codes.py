"""The codes that signatures bring as plain rows (`models.signatures.codes`), as coded concepts.

Which signatures there are is asked when the first of these is needed, and then once a process.
"""

from __future__ import annotations

from functools import cache

from pydicom.sr.coding import Code

from tilscope.models.signatures import all_plugins
from tilscope.models.signatures.codes import CodeRow, CodingScheme
from tilscope.models.signatures.plugin import SignaturePlugin


@cache
def measurements() -> dict[str, Code]:
    """Every score and feature of a signature that has a row, by the measurement's id."""
    return {id: _code(row, plugin) for plugin in all_plugins() for id, row in plugin.codes.measurements.items()}


@cache
def findings() -> dict[str, Code]:
    """Signature id -> the signature as a finding."""
    return {plugin.id: _code(plugin.codes.finding, plugin) for plugin in all_plugins()}


@cache
def classes() -> dict[tuple[str, str], tuple[Code, Code]]:
    """(signature id, class) -> the name of the class and its value; the cut-off is in the value's meaning."""
    return {
        (plugin.id, category): (_code(plugin.codes.class_name, plugin), _code(row, plugin))
        for plugin in all_plugins()
        for category, row in plugin.codes.classes.items()
    }


@cache
def schemes() -> dict[str, CodingScheme]:
    """By signature id: the scheme of its own codes."""
    return {plugin.id: plugin.codes.scheme for plugin in all_plugins()}


def _code(row: CodeRow, plugin: SignaturePlugin) -> Code:
    return Code(row.value, row.standard or plugin.codes.scheme.designator, row.meaning)
