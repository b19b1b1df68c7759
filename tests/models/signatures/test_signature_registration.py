"""What a signature must bring to be taken in, and what is said of one that does not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import textured_study
from signature_package.example_signature import CODES, PLUGIN, SIGNATURE

from tilscope.models.refusals import BadInput
from tilscope.models.result import RADIOMICS_MARK, CalibrationState, Measurement
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import evaluate_all
from tilscope.models.signatures.base import NOTHING, Conclusion, conclude
from tilscope.models.signatures.codes import TILSCOPE_SCHEME, CodeRow
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.models.signatures.plugin import SignaturePlugin
from tilscope.models.signatures.registration import problems_of
from tilscope.models.signatures.registry import GROUP, built_in_plugins, with_plugins_of

SETTINGS = PipelineSettings()
FIVE = built_in_plugins()


def with_codes(**changes: Any) -> SignaturePlugin:
    return replace(PLUGIN, codes=replace(CODES, **changes))


def with_signature(**changes: Any) -> SignaturePlugin:
    """With its complete set, which belongs to a signature."""
    other = replace(SIGNATURE, **changes)
    return replace(PLUGIN, signature=other, complete_set=replace(PLUGIN.complete_set, signature=other))


def scheme(**changes: str) -> SignaturePlugin:
    return with_codes(scheme=replace(CODES.scheme, **changes))


def score(row: CodeRow) -> SignaturePlugin:
    return with_codes(measurements={**CODES.measurements, "example2026_score": row})


def test_those_of_this_repository_and_the_example_have_no_problem() -> None:
    for number, plugin in enumerate(FIVE):
        assert problems_of(plugin, FIVE[:number], from_outside=False) == []
    assert problems_of(PLUGIN, FIVE) == []


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: SIGNATURE, "it is a LinearSignature, no SignaturePlugin"),
        (lambda: replace(PLUGIN, codes={}), "its codes is a dict, no SignatureCodes"),
        (lambda: replace(PLUGIN, signature=SimpleNamespace(id="x2026", title="X")), "its signature lacks"),
        (lambda: with_signature(id="Example-1"), "'Example-1' is no name and year in small letters"),
        (lambda: with_signature(id="wu2018"), "there is a signature wu2018 already"),
        (lambda: with_signature(published=" "), "its published is empty"),
        (lambda: with_signature(radiomics=SIGNATURE.radiomics[1:]), "which is none of its measurements"),
        (lambda: with_codes(finding=CodeRow("A" * 17, "Too long")), "has 17 characters, and may have 1 to 16"),
        (lambda: with_codes(finding=CodeRow("A", "B" * 65)), "has 65 characters, and may have 1 to 64"),
        (lambda: with_codes(finding=CodeRow("", "Nothing")), "has 0 characters"),
        (lambda: with_codes(finding=CodeRow("A\\B", "Two values")), "holds a character that it may not"),
        (lambda: with_codes(finding=CodeRow("EX_SCORE", "The same code")), "the code 'EX_SCORE' is used twice"),
        (lambda: with_codes(finding=CodeRow("A", CODES.class_name.meaning)), "is used twice"),
        (lambda: score(CodeRow("A", "B", "furlong")), "A (example2026_score) is in furlong, which is none of 1, %"),
        (lambda: score(CodeRow("A", "B")), "is in no unit"),
        (lambda: score(CodeRow("QCFX", "Sphericity", "1", standard="IBSI")), "'IBSI QCFX' is used twice"),
        (lambda: score(CodeRow("A", "B", "1", standard="ICD")), "ICD is none of the standard schemes"),
        (lambda: with_codes(measurements={}), "no code for the measurement example2026_score"),
        (lambda: with_codes(classes={"high": CodeRow("A", "B")}), "no code for the class low"),
        (lambda: replace(PLUGIN, complete_set=FIVE[0].complete_set), "belongs to another signature"),
        (lambda: replace(PLUGIN, complete_set=replace(PLUGIN.complete_set, columns=("x/a",))), "the column x/a"),
        (lambda: replace(PLUGIN, complete_set=replace(PLUGIN.complete_set, columns=())), "has no column"),
        (lambda: with_codes(scheme=TILSCOPE_SCHEME), "which is this project's"),
        (lambda: scheme(designator="EXAMPLE"), "is no 99 and up to 14 characters more"),
        (lambda: scheme(uid="2.25.007"), "is no UID"),
        (lambda: with_codes(measurements={**CODES.measurements, "volume": CodeRow("V", "V", "cm3")}), "volume begins with"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(make: Callable[[], object], sentence: str) -> None:
    problems = problems_of(make(), FIVE)
    assert any(sentence in problem for problem in problems), problems


def test_two_from_outside_do_not_clash() -> None:
    other = with_signature(id="other2027")
    assert any("the scheme 99TILEXAMPLE already" in problem for problem in problems_of(other, (*FIVE, PLUGIN)))
    renamed = replace(other, codes=replace(CODES, scheme=replace(CODES.scheme, uid="2.25.7")))
    assert any("calls it so as well" in problem for problem in problems_of(renamed, (*FIVE, PLUGIN)))


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


def test_others_come_after_the_five_whatever_order_they_are_found_in() -> None:
    example = entry("example2026", "signature_package.example_signature:PLUGIN")
    assert [one.id for one in with_plugins_of([example])] == [*(one.id for one in FIVE), "example2026"]
    assert with_plugins_of([]) == FIVE


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("PLUGIN = 1 / 0", "ZeroDivisionError: division by zero"),
        ("", "AttributeError: module 'broken_one' has no attribute 'PLUGIN'"),
        ("from signature_package.example_signature import PLUGIN", "it is entered as broken2026 and is example2026"),
    ],
)
def test_whatever_goes_wrong_in_a_package_is_said_with_its_name(
    code: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_one.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "broken_one", raising=False)
    with pytest.raises(BadInput) as refused:
        with_plugins_of([entry("broken2026", "broken_one:PLUGIN")])
    assert refused.value.code == "unusable-signature"
    assert sentence in str(refused.value)
    assert "The signature broken2026" in str(refused.value)


@pytest.mark.parametrize("plugin", FIVE, ids=lambda plugin: plugin.id)
def test_the_rows_are_in_the_units_that_are_measured(plugin: SignaturePlugin) -> None:
    case = textured_study.study()
    (result,) = evaluate_all(case.prepared, case.regions, SETTINGS, signatures=(plugin.signature,))
    assert result.score is not None
    for one in (result.score, *result.further_scores, *result.features):
        assert plugin.codes.measurements[one.id].unit == one.unit, one.id
    declared = set(plugin.signature.measurement_ids)
    assert declared - {one.id for one in (result.score, *result.further_scores, *result.features)} <= {"til_composite"}
    # What forests take beside needs no row.
    assert isinstance(plugin.signature, ForestSignature) or set(plugin.codes.measurements) == declared


@pytest.mark.parametrize(
    ("conclusion", "sentence"),
    [
        (Conclusion(CalibrationState.CALIBRATED, "", Measurement.of("other", "Other", 1.0, "1")), "gives other"),
        (Conclusion(CalibrationState.CALIBRATED, "", Measurement.of("example2026_score", "S", 1.0, "ell")), "in ell"),
        (Conclusion(CalibrationState.CALIBRATED, "", category="middling"), "concludes 'middling'"),
    ],
)
def test_a_signature_gives_what_it_declared_and_nothing_else(conclusion: Conclusion, sentence: str) -> None:
    class Talkative(type(SIGNATURE)):  # type: ignore[misc]
        def conclude(self, features: object, installed: object) -> Conclusion:
            return conclusion

    talkative = Talkative(**vars(SIGNATURE))
    known = Measurement.of(RADIOMICS_MARK + "example2026/T/original_shape_Flatness", "Flatness", 0.5, "1")
    with pytest.raises(ValueError, match=sentence):
        conclude(talkative, (known,), SETTINGS, NOTHING)
