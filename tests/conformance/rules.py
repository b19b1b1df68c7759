"""All rules: whoever wants the table takes it from here, so that every module has put its own in."""

from __future__ import annotations

from conformance import (
    rules_of_every_object,
    rules_of_images,
    rules_of_other_trees,
    rules_of_reports,
    rules_of_structure_sets,
)
from conformance.rule import RULES, Rule

__all__ = ["MODULES", "RULES", "Rule"]

MODULES = (rules_of_every_object, rules_of_reports, rules_of_images, rules_of_other_trees, rules_of_structure_sets)
