"""Every signature in the structured report: everything it says has a code, and readers find the numbers of the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dicom_readers
import pytest
import textured_study
from one_tree import OneTree
from scored_study import scored_study

from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.results import build_results
from tilscope.models.features.sets import FeatureSet
from tilscope.models.result import RADIOMICS_MARK, SignatureResult
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import all_signatures, evaluate_all
from tilscope.models.signatures.base import Installed, Molecular, settings_hash
from tilscope.models.signatures.fan2023.feature_set import fan_572
from tilscope.models.signatures.han2024.feature_set import han_full
from tilscope.models.signatures.reference import Reference

SETTINGS = PipelineSettings()
FOREST_FEATURES = {
    "fan2023": "radiomics:fan2023/stroma/SL/original_glrlm_RunEntropy",
    "han2024": "radiomics:han2024/ring/early/log-sigma-2-mm-3D_gldm_DependenceEntropy",
}


@pytest.fixture(scope="module")
def uncalibrated() -> tuple[SignatureResult, ...]:
    case = textured_study.study()
    return evaluate_all(case.prepared, case.regions, SETTINGS)


@pytest.fixture(scope="module")
def calibrated() -> tuple[SignatureResult, ...]:
    case = textured_study.study()
    return evaluate_all(case.prepared, case.regions, SETTINGS, _everything())


def _everything() -> Mapping[str, Installed]:
    """A reference that every study is above, a forest for those that need one, and both genes."""
    installed = {}
    for s in all_signatures():
        made_under = settings_hash(s, SETTINGS)
        names = (*s.model_features, "CYT", "signature")
        own = Reference(
            s.id, "t", 30, made_under, dict.fromkeys(names, 0.0), dict.fromkeys(names, 1e6), (-1e9, -2e9),
            {"qian_combined": (0.0,)},
        )  # fmt: skip
        feature = FOREST_FEATURES.get(s.id)
        forest = OneTree(feature, -1.0, 0.1, 0.7, made_under) if feature else None
        installed[s.id] = Installed(own, forest, Molecular(4.0, 16.0, triple_negative=True))
    return installed


def read(results: tuple[SignatureResult, ...], folder: Path) -> dict[str, dict[str, Any]]:
    """The groups of the signatures by id, after the numbers were compared with those of the result."""
    scored = scored_study(signatures=results)
    path = dicom_readers.saved(build_results(*scored.parts).report, folder)
    found = dicom_readers.read_report(path, folder / "read")
    assert dicom_readers.numbers_of_report(found) == dicom_readers.numbers_of_result(asdict(scored.result))
    groups = {group["TrackingIdentifier"]: group for group in found["Measurements"]}
    return {s.id: groups[f"{s.id} of Lesion 1"] for s in results}


def said(group: dict[str, Any]) -> dict[str, str]:
    answers = {}
    for evaluation in group["qualitativeEvaluations"]:
        value = evaluation["conceptValue"]
        answers[evaluation["conceptCode"]["CodeMeaning"]] = value["CodeMeaning"] if isinstance(value, dict) else value
    return answers


def test_every_number_of_every_signature_has_a_concept_of_its_own(calibrated: tuple[SignatureResult, ...]) -> None:
    for result in calibrated:
        assert result.score is not None
        measurements = (result.score, *result.further_scores, *result.features)
        codes = [concepts.measurement_concept(m.id).name for m in measurements]
        assert len({(c.scheme_designator, c.value) for c in codes}) == len(codes), result.id
        assert all(concepts.unit_code(m.unit) for m in measurements)


@pytest.mark.parametrize("features", [fan_572(), han_full()], ids=["fan", "han"])
def test_no_two_features_of_a_set_share_a_code(features: FeatureSet) -> None:
    codes = {concepts.measurement_concept(RADIOMICS_MARK + name).name.value for name in features}
    assert len(codes) == len(features)


def test_uncalibrated_signatures_are_read_back_and_say_what_they_lack(uncalibrated, tmp_path: Path) -> None:
    groups = read(uncalibrated, tmp_path)
    states = {id: said(group)["Calibration state of the signature"] for id, group in groups.items()}
    assert states == {
        "wu2018": "Not calibrated: features only, no class",
        "su2022": "Not calibrated: value from raw features, no class",
        "qian2024": "Not calibrated: features only, no class",
        "fan2023": "No model installed: features only",
        "han2024": "No model installed: features only",
    }
    assert groups["su2022"]["Finding"]["CodeMeaning"] == "Su 2022: Rad-TILs, in triple-negative cancer only"
    for result in uncalibrated:
        assert said(groups[result.id])["Published performance of the signature"] == result.published


def test_calibrated_signatures_are_read_back_with_scores_classes_and_contributions(calibrated, tmp_path: Path) -> None:
    groups = read(calibrated, tmp_path)
    answers = {id: said(group) for id, group in groups.items()}
    assert answers["wu2018"]["Estimated TIL class (imaging)"] == "Estimated TIL high"
    assert answers["su2022"]["Rad-TILs class (imaging)"] == "Rad-TILs above the median of the reference"
    assert (
        answers["qian2024"]["Estimated M2 macrophage class (imaging)"]
        == "Estimated M2 above the median of the reference"
    )
    assert answers["fan2023"]["Estimated TSH group (imaging)"] == "Good-survival TSH group"
    assert answers["han2024"]["Estimated microenvironment phenotype (imaging)"] == "Hot: immune-inflamed phenotype"
    for id, answer in answers.items():
        assert answer["Calibration state of the signature"] == "Calibrated: the value and class are given", id
        assert "Contributions to the score" in answer, id
    quantities = [item["quantity"]["CodeMeaning"] for item in groups["qian2024"]["measurementItems"]]
    assert quantities[:4] == [
        "Estimated M2 radscore (peritumoral)",
        "Estimated M2 radscore (intratumoral)",
        "Estimated M2 radscore (combined)",
        "Percentile of the score in the reference cohort",
    ]


def test_contributions_stand_in_words_with_the_greatest_first(calibrated, tmp_path: Path) -> None:
    su = next(result for result in calibrated if result.id == "su2022")
    words = said(read(calibrated, tmp_path)["su2022"])["Contributions to the score"].split("; ")
    amounts = [float(word.rsplit(": ", 1)[1]) for word in words]
    assert amounts == sorted(amounts, key=abs, reverse=True)
    assert amounts == pytest.approx([part.amount for part in su.contributions], rel=5e-3)
