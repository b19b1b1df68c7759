"""The demo's references and models: they fit this version, are used in demo mode only, and everything they lead to says DEMO."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import dicom_readers
import numpy as np
import pytest
from scored_study import scored_study
from typer.testing import CliRunner

from tilscope.dicom_io.objects.results import build_results
from tilscope.models.refusals import BadInput
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import all_signatures
from tilscope.phantom import PhantomSpec
from tilscope.service.cli import app
from tilscope.service.demo.demo_artefacts import ARTEFACTS, install
from tilscope.service.demo.measured import CALIBRATED, TRAINED, code_digest, measured
from tilscope.service.demo.patients import FIRST_SEED, demo_patient
from tilscope.service.demo.train import make_artefacts
from tilscope.service.settings import ServiceSettings
from tilscope.service.site.installed import installed_at
from tilscope.service.site.model_manifest import read_manifest


def settings_at(data: Path, demo: bool) -> PipelineSettings:
    """As the service has them; see `test_a_service_is_no_demo_unless_it_is_told`."""
    service = ServiceSettings(data_directory=str(data), token="0123456789abcdef", demo=demo)
    return service.installed_pipeline


# -------------------------------------------------------------------------------------------------- what is committed


def test_the_committed_artefacts_fit_the_present_settings(tmp_path: Path) -> None:
    install(tmp_path)
    try:
        installed = installed_at(settings_at(tmp_path, demo=True))
    except BadInput as reason:
        pytest.fail(
            f"{reason}\nThe features of a signature have changed: run `make demo-artefacts` and commit the result."
        )
    for signature in all_signatures():
        there = installed[signature.id]
        assert (there.reference is not None) or (there.forest is not None), f"{signature.id}: run `make demo-artefacts`"


def test_they_are_small_and_say_what_they_are() -> None:
    files = [path for path in ARTEFACTS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 500_000
    assert {path.suffix for path in files} == {".json", ".skops"}
    cards = [json.loads(path.read_text())["card"] for path in sorted((ARTEFACTS / "references").glob("*.json"))]
    cards += [read_manifest(ARTEFACTS / "models" / id).card for id in TRAINED]
    assert len(cards) == len(all_signatures())
    for card in cards:
        assert "SYNTHETIC. DEMO. Means nothing clinically" in card


# ------------------------------------------------------------------------------------------------- refused outside demo


@pytest.mark.parametrize("kept", ["references", "models"])
def test_a_service_that_is_no_demo_refuses_them(tmp_path: Path, kept: str) -> None:
    install(tmp_path)
    settings = replace(
        settings_at(tmp_path, demo=False),
        **{folder: "" for folder in ("references_folder", "models_folder") if not folder.startswith(kept)},
    )
    with pytest.raises(BadInput, match=r"made of synthetic studies for demonstrations .* in demo mode only") as refused:
        installed_at(settings)
    assert refused.value.code == "demo-only"


def test_they_cannot_be_installed_as_a_model(tmp_path: Path) -> None:
    for id in TRAINED:
        command = ["models", "install", str(ARTEFACTS / "models" / id), "--data", str(tmp_path)]
        with pytest.raises(BadInput, match="in demo mode only"):
            CliRunner().invoke(app, command, catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []


def test_a_service_is_no_demo_unless_it_is_told() -> None:
    assert settings_at(Path("/data"), demo=True).demo is True
    assert settings_at(Path("/data"), demo=False).demo is False
    assert PipelineSettings().demo is False


def test_demo_mode_changes_no_feature() -> None:
    """So what was made of phantoms outside it fits inside."""
    assert PipelineSettings(demo=True).digest() == PipelineSettings().digest()


# ------------------------------------------------------------------------------------------------ every object says DEMO


def test_every_object_of_a_demonstration_says_so(tmp_path: Path) -> None:
    made = build_results(*scored_study(demo=True).parts)
    for obj in made:
        assert obj.SeriesDescription.startswith("DEMO_TILscope_")
        assert len(obj.SeriesDescription) <= 64
        ours = next(item for item in obj.ContributingEquipmentSequence if item.Manufacturer == "TILscope")
        assert ours.ContributionDescription.startswith("DEMO: synthetic data")
        assert dicom_readers.conformance_errors(dicom_readers.saved(obj, tmp_path)) == [], obj.SeriesDescription
    assert made.pdf.DocumentTitle.startswith("DEMO: ")
    for segmentation in made.segmentations:
        assert segmentation.ContentDescription.startswith("DEMO. ")
        assert all(segment.SegmentDescription.startswith("DEMO: ") for segment in segmentation.SegmentSequence)
    comments = [item.TextValue for item in made.report.ContentSequence if item.ValueType == "TEXT"]
    assert any(text.startswith("DEMO: ") and "RESEARCH USE ONLY" in text for text in comments)
    pages = dicom_readers.page_text(made.pdf, tmp_path).strip("\f").split("\f")
    assert all("DEMO: synthetic data" in " ".join(page.split()) for page in pages)


def test_nothing_else_says_so() -> None:
    for obj in build_results(*scored_study().parts):
        assert "DEMO" not in str(obj)


# ----------------------------------------------------------------------------------------------------------- the training


@pytest.fixture(scope="module")
def one_phantom(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], PhantomSpec, Path]:
    """Measured for real, on an eighth of the voxels."""
    spec = replace(demo_patient(3), matrix=(128, 128, 24), spacing_mm=(2.8, 2.8, 5.0))
    cache = tmp_path_factory.mktemp("cache")
    return measured(spec, cache, code_digest()), spec, cache


@pytest.mark.slow
def test_a_measured_phantom_has_what_the_signatures_take(
    one_phantom: tuple[dict[str, Any], PhantomSpec, Path],
) -> None:
    found, spec, _ = one_phantom
    for signature in CALIBRATED:
        assert all(found["numbers"][signature.id][id] is not None for id in signature.model_features)
    assert len(found["numbers"]["fan2023"]) == 572
    assert len(found["numbers"]["han2024"]) == 958
    assert spec.lesion is not None
    assert found["classes"] == {
        "fan2023": int(spec.lesion.kind != "rim" and not spec.lesion.necrotic_core),
        "han2024": int(spec.lesion.curve == "washout"),
    }


@pytest.mark.slow
def test_what_was_measured_is_not_measured_again_unless_the_code_has_changed(
    one_phantom: tuple[dict[str, Any], PhantomSpec, Path],
) -> None:
    found, spec, cache = one_phantom
    (kept,) = cache.rglob("*.json")
    kept.write_text(json.dumps({**found, "mark": 1}))
    assert measured(spec, cache, code_digest())["mark"] == 1
    assert measured(spec, cache, "of other code") == found, "and then with the same numbers, to the last digit"


@pytest.mark.slow
def test_training_makes_all_that_the_demo_needs(
    one_phantom: tuple[dict[str, Any], PhantomSpec, Path], tmp_path: Path
) -> None:
    """On forty variations of one phantom; the classes follow one feature each."""
    found = one_phantom[0]
    random = np.random.default_rng(1)
    studies = {}
    for patient in range(1, 41):
        numbers = {
            id: {name: value * random.normal(1, 0.1) for name, value in of_one.items() if value is not None}
            for id, of_one in found["numbers"].items()
        }
        decisive = {id: next(iter(of_one)) for id, of_one in found["numbers"].items() if id in TRAINED}
        classes = {id: int(numbers[id][name] > found["numbers"][id][name]) for id, name in decisive.items()}
        studies[patient] = {"numbers": numbers, "classes": classes}
    told = make_artefacts(studies, tmp_path)
    assert [sentence.split(":")[0] for sentence in told] == [s.id for s in all_signatures()]
    installed = installed_at(settings_at(tmp_path, demo=True))
    assert all(one.reference is not None or one.forest is not None for one in installed.values())
    with pytest.raises(BadInput, match="in demo mode only"):
        installed_at(settings_at(tmp_path, demo=False))


def test_the_patients_are_of_every_kind_and_none_is_the_demos_own() -> None:
    patients = [demo_patient(number) for number in range(1, 49)]
    assert len({p.digest() for p in patients}) == len(patients)
    assert all(p.seed > FIRST_SEED for p in patients)
    lesions = [p.lesion for p in patients if p.lesion is not None]
    assert {lesion.kind.value for lesion in lesions} == {"lobulated", "spiculated", "round", "rim"}
    assert {p.background for p in patients} == set(type(patients[0].background))
    for _, planted in TRAINED.values():
        assert 12 <= sum(map(planted, lesions)) <= 36, "enough of both classes"
