"""A changed reference, model or finding needs no image: the report that stands says enough, to the last digit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from dicom_readers import conformance_errors, numbers_of_report, numbers_of_result, page_text, read_report
from pydicom import Dataset
from report_of_before import of_before
from scored_study import scored_study
from sklearn.ensemble import RandomForestClassifier

from tilscope.dicom_io.archives import Tick
from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.files import read_header, to_bytes
from tilscope.dicom_io.objects.results import build_results, edition_of
from tilscope.dicom_io.objects.sr.report_reading import current_reports, evidence_of
from tilscope.dicom_io.objects.sr.report_record import result_of
from tilscope.models.kinetics.ftv import BoxMm
from tilscope.models.lesions.steering import Steering
from tilscope.models.result import CalibrationState, SignatureResult, StudyResult
from tilscope.models.result_schema import read_result
from tilscope.models.settings import USUAL_OBJECTS, ObjectSettings, PipelineSettings, QualitySettings
from tilscope.models.signatures import all_signatures
from tilscope.models.signatures.base import Molecular, Signature, settings_hash
from tilscope.models.signatures.han2024.model import HAN_2024
from tilscope.models.signatures.qian2024.model import QIAN_2024
from tilscope.models.signatures.su2022.model import SU_2022
from tilscope.models.signatures.wu2018.model import WU_2018
from tilscope.phantom import PhantomSpec, make_study, write_study
from tilscope.service.scoring.known import Known
from tilscope.service.scoring.score import score
from tilscope.service.site.artefacts import write_model
from tilscope.service.site.molecular import NOTHING_KNOWN

pytestmark = pytest.mark.slow
BARE = PipelineSettings()
OTHER_FOREST_FEATURE = "radiomics:han2024/T/early/original_glcm_Contrast"


class Counting(FolderArchive):
    """Knows which instances were fetched."""

    def __init__(self, folder: Path, out: Path) -> None:
        super().__init__(folder, out)
        self.fetched: list[str] = []

    def fetch(self, study_uid: str, instance_uids: Sequence[str], folder: Path, tick: Tick) -> dict[str, Path]:
        self.fetched += instance_uids
        return super().fetch(study_uid, instance_uids, folder, tick)

    @property
    def modalities_fetched(self) -> set[str]:
        return {str(h.Modality) for h in self.headers(self.only_study()) if h.SOPInstanceUID in self.fetched}


class Place:
    """A study in a folder, with what was written about it run by run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = 0
        self.archive = Counting(folder, folder)

    @property
    def kept(self) -> Known:
        """The earlier results, as the ledger keeps them: plain JSON."""
        kept = sorted(self.folder.glob("answer-*.json"), reverse=True)
        return Known(earlier_results=tuple(read_result(json.loads(path.read_text())) for path in kept))

    def score(
        self,
        settings: PipelineSettings = BARE,
        molecular: Molecular = NOTHING_KNOWN,
        steering: Steering | None = None,
        with_reports: bool = True,
    ) -> StudyResult:
        """Again, with all that was written before; or, for comparison, from the images alone."""
        self.runs += 1
        seen = self.folder if with_reports else self.folder / "dicom"
        out = (self.folder if with_reports else self.folder.parent / "alone") / f"run-{self.runs}"
        self.archive = Counting(seen, out)
        study = self.archive.only_study()
        kept = self.kept.results if with_reports else ()
        scored = score(
            self.archive, study, settings, lambda stage, fraction: None, steering, molecular=molecular, kept=kept
        )
        if with_reports:
            (self.folder / f"answer-{self.runs}.json").write_text(json.dumps(scored.as_json()))
        return scored

    def written(self, modality: str, run: int = 0) -> list[Path]:
        """In the last run, or in the one of that number."""
        found = sorted((self.folder / f"run-{run or self.runs}").glob("*.dcm"))
        return [path for path in found if read_header(path).Modality == modality]

    def report(self, run: int = 0) -> Dataset:
        (path,) = self.written("SR", run)
        return read_header(path)


@pytest.fixture(scope="module")
def scored_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    write_study(make_study(PhantomSpec.small()), folder)
    Place(folder).score()
    return folder


@pytest.fixture
def place(scored_once: Path, tmp_path: Path) -> Place:
    """A study that was scored while nothing was installed."""
    copy = Place(shutil.copytree(scored_once, tmp_path / "study"))
    copy.runs = 1
    return copy


@pytest.fixture
def site(tmp_path: Path) -> PipelineSettings:
    """Where things can be installed."""
    return replace(BARE, references_folder=str(tmp_path / "references"), models_folder=str(tmp_path / "models"))


def install_reference(site: PipelineSettings, signature: Signature, mean: float = 1.0, **more: object) -> None:
    folder = Path(site.references_folder)
    folder.mkdir(exist_ok=True)
    names = (*signature.model_features, "CYT", "signature")
    facts = {
        "signature": signature.id, "cohort": "made up", "studies": 30, "scores": [-1e6, 1e6],
        "settings_hash": settings_hash(signature, site), "mean": dict.fromkeys(names, mean),
        "sd": dict.fromkeys(names, 500.0), **more,
    }  # fmt: skip
    (folder / f"{signature.id}.json").write_text(json.dumps(facts))


def install_forest(site: PipelineSettings, features: tuple[str, ...], version: str = "1") -> None:
    values = [[float(row % 7)] * len(features) for row in range(40)]
    forest = RandomForestClassifier(n_estimators=5, random_state=1).fit(values, [int(v[0] > 3) for v in values])
    facts = {"name": "made up", "version": version, "threshold": 0.5, "card": "For tests."}
    place = Path(site.models_folder) / HAN_2024.id
    write_model(place, HAN_2024, site, forest, features, facts, dict.fromkeys(features, 0.5))


def signature_of(scored: StudyResult, signature: Signature) -> SignatureResult:
    (series,) = scored.dynamic_series
    return next(s for s in series.signatures if s.id == signature.id)


def conclusions(scored: StudyResult) -> object:
    """All that is told, without how long it took and where it was put."""
    return replace(scored, timings_s={}, cpu_s={}, objects=())


# ------------------------------------------------------------------------------------------------------ the way back


def test_a_result_that_was_kept_is_believed_where_its_own_report_says_the_same(place: Place) -> None:
    again = place.score(with_reports=False)
    (kept,) = place.kept.results
    assert result_of(place.report(1), [kept]) == kept == again.dynamic_series[0]


def test_it_does_not_count_where_a_number_of_the_report_is_another(place: Place) -> None:
    report = place.report()
    alter(report)
    assert result_of(report, place.kept.results) is None


def test_nor_with_the_report_of_another_input(place: Place) -> None:
    other = build_results(*scored_study().parts).report
    assert result_of(other, place.kept.results) is None


def alter(report: Dataset) -> None:
    numbers = [i for i in report.iterall() if i.keyword == "NumericValue"]
    numbers[-1].value = f"{float(numbers[-1].value) * 1.00001:.8g}"


# ------------------------------------------------------------------------------------- what is concluded without images


def test_a_new_reference_is_applied_without_an_image_and_as_from_the_images(
    place: Place, site: PipelineSettings, tmp_path: Path
) -> None:
    before = place.report()
    for signature in (WU_2018, SU_2022, QIAN_2024):
        install_reference(site, signature)
    recalculated = place.score(site)
    assert place.archive.modalities_fetched == {"SR"}
    assert conclusions(recalculated) == conclusions(place_alone(place, site))
    for signature in (WU_2018, SU_2022, QIAN_2024):
        assert signature_of(recalculated, signature).state is CalibrationState.CALIBRATED
        assert signature_of(recalculated, signature).reference.startswith(f"{signature.id} ")

    # What is new: a report and a page. The segmentations are those of before.
    report = place.report(2)
    assert [place.written(m, 2) for m in ("SEG",)] == [[]]
    (named,) = report.PredecessorDocumentsSequence
    assert named.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == before.SOPInstanceUID
    assert segments_named_by(report) == segments_named_by(before)
    kept = [o for o in recalculated.objects if o.kind == "SEG"]
    assert {o.sop_instance_uid for o in kept} == {str(read_header(p).SOPInstanceUID) for p in place.written("SEG", 1)}
    assert [o.kind for o in recalculated.objects] == ["SEG", "SEG", "SEG", "DOC", "SR"]


def test_what_else_was_written_of_the_measurement_stays_and_is_named(place: Place, site: PipelineSettings) -> None:
    """Switched on after the first run: the second one writes them, and a report that names them; the third neither."""
    wanted = replace(site, objects=USUAL_OBJECTS.and_also(["parametric-maps", "key-images"]))
    first = place.report()
    written = place.score(wanted)
    kinds = ["SEG", "SEG", "SEG", "OT", "OT", "KO", "DOC", "SR"]
    assert [o.kind for o in written.objects] == kinds
    second = place.report()
    assert second.SOPInstanceUID != first.SOPInstanceUID
    assert evidence_of(second) >= {o.sop_instance_uid for o in written.objects[:5]}
    assert place.score(site).objects == written.objects, "switched off again, they are still there"

    install_reference(site, WU_2018)
    recalculated = place.score(wanted)
    assert place.archive.modalities_fetched == {"SR"}
    assert [o.kind for o in recalculated.objects] == kinds
    assert recalculated.objects[:5] == written.objects[:5]
    assert place.written("OT") == place.written("KO") == []


def test_a_study_whose_report_is_older_than_the_setting_is_recalculated_without_them(
    place: Place, site: PipelineSettings
) -> None:
    install_reference(site, WU_2018)
    recalculated = place.score(replace(site, objects=USUAL_OBJECTS.and_also(["key-images"])))
    assert place.archive.modalities_fetched == {"SR"}
    assert [o.kind for o in recalculated.objects] == ["SEG", "SEG", "SEG", "DOC", "SR"], (
        "what is not there is not named"
    )


def test_other_segmentations_are_made_from_the_images(place: Place, site: PipelineSettings) -> None:
    """Label maps of what were masks: the report must name the new ones."""
    before = place.report()
    scored = place.score(replace(site, objects=ObjectSettings(labelmap=True)))
    assert "MR" in place.archive.modalities_fetched
    maps = [o for o in scored.objects if o.kind == "SEG"]
    # That of the breast overlaps, and is masks in any case.
    assert [o.sop_class_uid.rpartition(".")[2] for o in maps] == ["7", "4", "7"]
    after = place.report()
    assert not evidence_of(before) & {o.sop_instance_uid for o in maps}
    assert evidence_of(after) >= {o.sop_instance_uid for o in maps}

    install_reference(site, WU_2018)
    recalculated = place.score(replace(site, objects=ObjectSettings(labelmap=True)))
    assert place.archive.modalities_fetched == {"SR"}
    assert [o for o in recalculated.objects if o.kind == "SEG"] == maps


def test_the_new_report_says_word_for_word_what_one_from_the_images_would(place: Place, site: PipelineSettings) -> None:
    for signature in (WU_2018, SU_2022, QIAN_2024):
        install_reference(site, signature)
    measured_under = place.kept.results[0].input_hash
    recalculated = place.score(site)
    other = place_alone(place, site)
    (path,) = (p for p in other_files(place) if read_header(p).Modality == "SR")
    of_images = tree(read_header(path))
    # Measured under the input of then, concluded under that of now; and the one sentence more.
    of_report = [line.replace(measured_under, other.dynamic_series[0].input_hash) for line in tree(place.report())]
    assert [line for line in of_report if "no image was read" not in line] == of_images
    assert len(of_report) == len(of_images) + 1
    assert recalculated.input_hash == other.input_hash


def other_files(place: Place) -> list[Path]:
    return sorted((place.folder.parent / "alone").rglob("*.dcm"))


def tree(report: Dataset) -> list[str]:
    """Every content item of a report by its name and what it says, in order."""
    keys = ("TextValue", "UID", "ConceptCodeSequence", "MeasuredValueSequence", "NumericValueQualifierCodeSequence")
    return [
        f"{item.get('ConceptNameCodeSequence', '')} {[str(item.get(key, '')) for key in keys]}"
        for item in every_item(report)
    ]


def place_alone(place: Place, site: PipelineSettings, molecular: Molecular = NOTHING_KNOWN) -> StudyResult:
    """The same from the images alone, as for a study that was never scored."""
    other = Place(place.folder)
    other.runs = 100
    scored = other.score(site, molecular, with_reports=False)
    assert "MR" in other.archive.modalities_fetched
    return scored


def segments_named_by(report: Dataset) -> set[str]:
    return {
        str(item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
        for item in every_item(report)
        if item.get("ValueType") == "IMAGE" and "ReferencedSegmentNumber" in item.ReferencedSOPSequence[0]
    }


def every_item(item: Dataset) -> list[Dataset]:
    return [item, *(deeper for child in item.get("ContentSequence", ()) for deeper in every_item(child))]


def test_the_new_report_is_read_by_others_and_says_where_its_measurements_come_from(
    place: Place, site: PipelineSettings, tmp_path: Path
) -> None:
    install_reference(site, WU_2018)
    recalculated = place.score(site)
    (sr,), (pdf,) = place.written("SR"), place.written("DOC")
    for path in (sr, pdf):
        assert conformance_errors(path) == []
    assert numbers_of_report(read_report(sr, tmp_path / "read")) == numbers_of_result(
        recalculated.as_json()["dynamic_series"][0]
    )
    words = [str(item.TextValue) for item in every_item(read_header(sr)) if item.get("ValueType") == "TEXT"]
    (note,) = [word for word in words if "no image was read" in word]
    assert str(place.report(1).SOPInstanceUID) in note
    page = " ".join(page_text(pydicom.dcmread(pdf), tmp_path).split())
    assert "No pictures: this page was made from the numbers of an earlier report" in page
    assert "calibrated" in page


def test_a_report_in_the_shape_of_before_needs_no_image_either(place: Place, site: PipelineSettings) -> None:
    (path,) = place.written("SR")
    path.write_bytes(to_bytes(of_before(pydicom.dcmread(path))))
    install_reference(site, WU_2018)
    recalculated = place.score(site)
    assert place.archive.modalities_fetched == {"SR"}
    assert conclusions(recalculated) == conclusions(place_alone(place, site))
    (other,) = (p for p in other_files(place) if read_header(p).Modality == "SR")
    now = [line for line in tree(place.report()) if "no image was read" not in line]
    assert len(now) == len(tree(read_header(other))), "said as reports say it now"


def test_a_report_that_was_recalculated_is_recalculated_again(place: Place, site: PipelineSettings) -> None:
    for mean in (1.0, 2.0, 3.0):
        install_reference(site, WU_2018, mean)
        recalculated = place.score(site)
        assert place.archive.modalities_fetched == {"SR"}
    assert conclusions(recalculated) == conclusions(place_alone(place, site))
    notes = [i for i in every_item(place.report()) if "no image was read" in str(i.get("TextValue"))]
    assert len(notes) == 1
    everything = FolderArchive(place.folder)
    (standing,) = current_reports(everything.our_reports(everything.only_study()))
    assert standing.SOPInstanceUID == place.report(4).SOPInstanceUID


def test_an_input_that_holds_again_after_another_gets_a_report_of_its_own(place: Place, site: PipelineSettings) -> None:
    """A reference is installed and removed: nobody may go on reading the scores that were made with it."""
    install_reference(site, WU_2018)
    place.score(site)
    (Path(site.references_folder) / f"{WU_2018.id}.json").unlink()
    again = place.score(site)
    assert signature_of(again, WU_2018).state is CalibrationState.UNCALIBRATED
    first, other, third = (place.report(run) for run in (1, 2, 3))
    assert again.input_hash == place.kept.earlier_results[-1].input_hash, "the very input of the first run"
    assert len({first.SOPInstanceUID, other.SOPInstanceUID, third.SOPInstanceUID}) == 3
    everything = FolderArchive(place.folder)
    reports = everything.our_reports(everything.only_study())
    assert [r.SOPInstanceUID for r in current_reports(reports)] == [third.SOPInstanceUID]
    (result,) = again.dynamic_series
    assert edition_of(reports, result) == result.edition == 1, "a second run of it writes the same"


def test_genes_and_receptor_status_are_applied_without_an_image_and_stand_in_the_report(
    place: Place, site: PipelineSettings
) -> None:
    install_reference(site, WU_2018)
    install_reference(site, SU_2022)
    known = Molecular(gzma=4.0, prf1=9.25, triple_negative=False)
    recalculated = place.score(site, known)
    assert place.archive.modalities_fetched == {"SR"}
    assert conclusions(recalculated) == conclusions(place_alone(place, site, known))
    words = [str(i.TextValue) for i in every_item(place.report()) if i.get("ValueType") == "TEXT"]
    for fact in ("GZMA 4", "PRF1 9.25", "Receptor status: not triple-negative"):
        assert words.count(fact) == 1


def test_a_forest_whose_features_the_report_has_is_applied_without_an_image(
    place: Place, site: PipelineSettings
) -> None:
    install_forest(site, HAN_2024.model_features[:2])
    recalculated = place.score(site)
    assert place.archive.modalities_fetched == {"SR"}
    assert signature_of(recalculated, HAN_2024).score is not None
    assert conclusions(recalculated) == conclusions(place_alone(place, site))


# --------------------------------------------------------------------------------------- when the images must be read


def test_a_forest_that_takes_more_than_the_report_has_needs_the_images_and_its_removal_does_not(
    place: Place, site: PipelineSettings
) -> None:
    install_forest(site, (HAN_2024.model_features[0], OTHER_FOREST_FEATURE))
    measured = place.score(site)
    assert "MR" in place.archive.modalities_fetched
    assert OTHER_FOREST_FEATURE in {m.id for m in signature_of(measured, HAN_2024).features}
    assert segments_named_by(place.report(2)) == segments_named_by(place.report(1)), "the regions are the same"

    install_forest(site, HAN_2024.model_features[:1], version="2")
    recalculated = place.score(site)
    assert place.archive.modalities_fetched == {"SR"}
    assert conclusions(recalculated) == conclusions(place_alone(place, site)), (
        "what the old forest took is not in the result any more"
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"settings": replace(BARE, quality=QualitySettings(confidence_warned=0.99))},
        {"steering": Steering(box_mm=BoxMm((-400.0, -400.0, -400.0), (400.0, 400.0, 400.0)))},
        {},
    ],
    ids=["limits of quality gates", "a box", "nothing: who asks again wants the images read"],
)
def test_anything_else_is_measured_anew(place: Place, changed: dict[str, object]) -> None:
    place.score(**changed)  # type: ignore[arg-type]
    assert "MR" in place.archive.modalities_fetched


def test_a_report_that_was_altered_is_not_believed(place: Place, site: PipelineSettings) -> None:
    (path,) = place.written("SR")
    report = pydicom.dcmread(path)
    alter(report)
    path.write_bytes(to_bytes(report))
    install_reference(site, WU_2018)
    assert signature_of(place.score(site), WU_2018).state is CalibrationState.CALIBRATED
    assert place.archive.modalities_fetched >= {"SR", "MR"}


def test_every_signature_that_there_is_was_tried() -> None:
    assert {s.id for s in all_signatures()} == {"wu2018", "su2022", "qian2024", "fan2023", "han2024"}
