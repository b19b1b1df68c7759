"""IHE AI Results and what else results must keep to be found, trusted and shown, one rule a test, in every case.

The supplement is cited after Rev. 1.3 (Trial Implementation, August 2025): section 6.5.3.1 and what it says of qualitative
findings, as published transcriptions quote them. The other rules are the standard's, or our own.
"""

from __future__ import annotations

import pytest
from conformance.cases import CASES
from conformance.rules import RULES, Rule
from conformance.spoilt import SPOILT, SPOILT_IN
from conformance.written import Cabinet, WrittenCase


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_the_rule_is_kept(case: WrittenCase, rule: Rule) -> None:
    assert rule.faults(case) == []


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_spoilt_object_is_noticed(cabinet: Cabinet, rule: Rule) -> None:
    which, damage = SPOILT[rule.name]
    case = next(c for c in map(cabinet.case, SPOILT_IN) if any(which(one.dataset) for one in c.objects))
    assert rule.faults(case) == []
    assert rule.faults(case.with_damage(which, damage)) != []


def test_every_damage_belongs_to_a_rule() -> None:
    assert SPOILT.keys() == RULES.keys()
