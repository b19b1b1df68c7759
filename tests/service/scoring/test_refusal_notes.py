"""Who gets a note that says why there is no score, and who gets nothing; told once, and replaced by what comes after."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import dicom_readers
import pydicom
import pytest
from mr_headers import clock, mr_header, one_series
from pydicom import Dataset
from small_layouts import STARTS, sagittal_pair

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import inspect
from tilscope.dicom_io.dce.header_keywords import names_breast, names_contrast
from tilscope.dicom_io.objects.sr.report_reading import current_documents, current_reports, is_report, predecessors
from tilscope.models.refusals import REASONS, Refused
from tilscope.models.result import StudyResult
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.wu2018.model import WU_2018
from tilscope.phantom import PhantomSpec, make_study, write_study
from tilscope.phantom.defects import two_phases_only, write_ct_study
from tilscope.service.faults.fault import Fault
from tilscope.service.scoring.earlier_reports import EarlierReports
from tilscope.service.scoring.refusal_notes import AFTER_THE_BREAST, BY_HEADERS, noting_refusals
from tilscope.service.scoring.score import score
from tilscope.service.site.cohort import gather
from tilscope.service.workers.attempt import Declined, attempt

#: Said of what cannot show a breast with contrast, or no series at all.
NONE_OF_OURS = {"not-mr", "no-mr-image", "no-dynamic-series", "not-a-breast-dynamic"}
SETTINGS = PipelineSettings()


class Holding:
    """What noting asks of an archive, in memory."""

    def __init__(self) -> None:
        self.notes: list[Dataset] = []

    def our_reports(self, study_uid: str) -> list[Dataset]:
        return self.notes

    def store(self, objects: Iterable[Dataset]) -> None:
        self.notes += objects


def noted(headers: Sequence[Dataset], refusal: Refused | None = None, into: Holding | None = None) -> Holding:
    """A study of headers alone: refused by its assembly, or for the reason given."""
    archive, assembly = into or Holding(), inspect(headers)

    def refuse() -> None:
        with noting_refusals(archive, EarlierReports(archive, "1.2.3"), assembly, SETTINGS):  # type: ignore[arg-type]
            assembly.require_sources()
            raise refusal or AssertionError("the study is not refused")

    with pytest.raises(Refused):
        refuse()
    return archive


def of_breast(headers: Sequence[Dataset], **tags: str) -> list[Dataset]:
    for header in headers:
        for keyword, value in {"BodyPartExamined": "BREAST", **tags}.items():
            setattr(header, keyword, value)
    return list(headers)


# ------------------------------------------------------------------------------------------------------------ the line


def test_every_reason_that_refuses_a_study_is_one_that_leaves_a_note_or_none() -> None:
    raised = set()
    for folder in ("dicom_io", "models"):
        for path in Path(folder).rglob("*.py"):
            raised |= set(re.findall(r'Refused\(\s*"([a-z-]+)"', path.read_text(encoding="utf-8")))
    raised |= {"early-phase-missing", "late-phase-missing", "neither-breast"}
    assert raised <= REASONS.keys()
    assert raised == AFTER_THE_BREAST | BY_HEADERS | NONE_OF_OURS
    assert not AFTER_THE_BREAST & BY_HEADERS
    assert not NONE_OF_OURS & (AFTER_THE_BREAST | BY_HEADERS)


def missing_a_slice(**tags: str) -> list[Dataset]:
    return one_series(**tags)[:-1]


def test_a_dynamic_series_that_is_named_a_breasts_gets_one() -> None:
    (note,) = noted(of_breast(missing_a_slice())).notes
    told = [str(item.get("TextValue")) for item in note.ContentSequence]
    assert "positions-differ" in told
    assert note.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.11"


@pytest.mark.parametrize("part", ["KIDNEY", "BRAIN", ""])
def test_a_dynamic_series_of_something_else_gets_nothing(part: str) -> None:
    headers = missing_a_slice(BodyPartExamined=part, StudyDescription="MR dynamic")
    assert noted(headers).notes == []
    whole = one_series(BodyPartExamined=part, StudyDescription="MR dynamic")
    assert noted(whole, Refused("no-breast", detail="the front of the body was not found")).notes == []
    assert noted(whole, Refused("no-enhancement", ratio=1.0)).notes == []


def test_where_the_breast_was_found_in_the_images_the_headers_need_not_name_it() -> None:
    assert (
        len(
            noted(
                one_series(BodyPartExamined="CHEST", StudyDescription="MR"),
                Refused("no-lesion", median=20.0, high=35.0),
            ).notes
        )
        == 1
    )


def test_two_breasts_refused_for_different_reasons_count_as_found_where_one_was() -> None:
    def refused(*parts: Refused) -> Refused:
        both = Refused("neither-breast", right=str(parts[0]), left=str(parts[1]))
        both.__cause__ = ExceptionGroup("each breast", parts)
        return both

    found, missing = Refused("no-lesion", median=20.0, high=35.0), Refused("no-breast", detail="no front of the body")
    unnamed = {"BodyPartExamined": "CHEST", "StudyDescription": "MR"}
    assert len(noted(one_series(**unnamed), refused(found, missing)).notes) == 1
    assert noted(one_series(**unnamed), refused(missing, missing)).notes == []


@pytest.mark.parametrize("part", ["BREAST", "BRAIN"])
def test_a_study_that_has_arrived_in_part_is_refused_whatever_there_is_of_it(part: str) -> None:
    """A single volume has no times to be told."""
    right = [h for h in sagittal_pair() if h.ImagePositionPatient[0] < 0]
    left = [h for h in sagittal_pair() if h.ImagePositionPatient[0] > 0]
    moments = sorted({str(h.AcquisitionTime) for h in right})
    some = [h for h in right if str(h.AcquisitionTime) in moments[:2]]
    some += [h for h in left if str(h.AcquisitionTime) == moments[0]]
    for header in some:
        header.BodyPartExamined, header.StudyDescription = part, f"MR {part}"
    noted(some)


def test_damaged_headers_cost_the_note_and_not_the_answer() -> None:
    headers = of_breast(one_series(TimezoneOffsetFromUTC="+9900"))
    assert len(noted(headers, Refused("no-lesion", median=20.0, high=35.0)).notes) == 1
    del headers[3].StudyInstanceUID
    assert noted(headers, Refused("no-lesion", median=20.0, high=35.0)).notes == []


def test_two_volumes_are_a_dynamic_series_only_where_contrast_is_named() -> None:
    two = of_breast(one_series(starts=(0, 200)))
    assert noted(two).notes == []
    (note,) = noted(of_breast(one_series(starts=(0, 200)), ContrastBolusAgent="Gadobutrol")).notes
    assert "too-few-phases" in [str(item.get("TextValue")) for item in note.ContentSequence]


def test_a_breast_study_without_a_dynamic_series_gets_nothing() -> None:
    assert noted(of_breast(one_series(starts=(0,)))).notes == []


@pytest.mark.parametrize(
    "nothing", [[], [mr_header("ct", 0, 0, Modality="CT", BodyPartExamined="BREAST")]], ids=["nothing", "CT"]
)
def test_what_is_no_mr_gets_nothing(nothing: list[Dataset]) -> None:
    assert noted(nothing).notes == []


def test_of_several_possible_series_the_note_lists_all() -> None:
    twins = [*one_series(), *(moved for moved in one_series(FrameOfReferenceUID="1.2.3", SeriesInstanceUID="1.2.4"))]
    for number, header in enumerate(twins):
        header.SOPInstanceUID = f"2.25.7{number}"
    (note,) = noted(of_breast(twins)).notes
    told = [str(item.get("TextValue")) for item in note.ContentSequence]
    assert "ambiguous-dynamic-series" in told
    assert len([item for item in note.ContentSequence if item.ValueType == "CONTAINER"]) == 2


def test_of_a_pair_of_which_one_breast_is_short_of_a_phase_both_are_listed() -> None:
    last = clock(STARTS[-1])
    headers = [h for h in sagittal_pair() if h.ImagePositionPatient[0] < 0 or h.AcquisitionTime != last]
    (note,) = noted(of_breast(headers)).notes
    assert "breasts-differ" in [str(item.get("TextValue")) for item in note.ContentSequence]
    assert len([item for item in note.ContentSequence if item.ValueType == "CONTAINER"]) == 2
    assert note.SeriesDescription == "TILscope_not_scored"


@pytest.mark.parametrize(
    ("tags", "named"),
    [
        ({"BodyPartExamined": "BREAST"}, True),
        ({"StudyDescription": "MRT_Mamma_KM"}, True),
        ({"ProtocolName": "IRM des seins"}, True),
        ({"SeriesDescription": "Brust dyn"}, True),
        ({"StudyDescription": "MR Brustwirbel"}, False),
        ({"StudyDescription": "MR borstkas"}, False),
        ({"BodyPartExamined": "KIDNEY", "ProtocolName": "DCE"}, False),
    ],
)
def test_what_names_a_breast(tags: dict[str, str], named: bool) -> None:
    assert names_breast([mr_header("one", 0, 0, **tags)]) is named


@pytest.mark.parametrize(("agent", "named"), [("Gadovist", True), ("NONE", False), ("", False)])
def test_what_names_contrast(agent: str, named: bool) -> None:
    assert names_contrast([mr_header("one", 0, 0, ContrastBolusAgent=agent)]) is named


# ------------------------------------------------------------------------------------------------------------ said once


def test_an_unchanged_study_that_is_refused_again_stores_nothing_new() -> None:
    archive = noted(of_breast(missing_a_slice()))
    (first,) = archive.notes
    assert noted(of_breast(missing_a_slice()), into=archive).notes == [first]


def test_another_reason_replaces_the_first_and_the_first_may_come_to_hold_again() -> None:
    archive = noted(of_breast(one_series()), Refused("no-lesion", median=20.0, high=35.0))
    noted(of_breast(one_series()), Refused("motion-folds", phase=3), archive)
    noted(of_breast(one_series()), Refused("no-lesion", median=20.0, high=35.0), archive)
    first, second, third = archive.notes
    assert predecessors(second) == {first.SOPInstanceUID}
    assert predecessors(third) == {second.SOPInstanceUID}
    assert current_documents(archive.notes) == [third]
    noted(of_breast(one_series()), Refused("no-lesion", median=20.0, high=35.0), archive)
    assert len(archive.notes) == 3


def test_a_note_that_cannot_be_stored_is_a_fault_that_is_tried_again() -> None:
    class Full(Holding):
        def store(self, objects: Iterable[Dataset]) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    def work(archive: Holding) -> object:
        return attempt(lambda report: noted_score(archive), lambda stage, fraction: None)

    def noted_score(archive: Holding) -> StudyResult:
        earlier, refused = EarlierReports(archive, "1.2.3"), inspect(of_breast(one_series()))  # type: ignore[arg-type]
        with noting_refusals(archive, earlier, refused, SETTINGS):  # type: ignore[arg-type]
            raise Refused("no-lesion", median=20.0, high=35.0)

    outcome = work(Full())
    assert isinstance(outcome, Fault)
    assert outcome.code == "disk-full"
    assert work(Holding()) == Declined("no-lesion", REASONS["no-lesion"].format(median=20.0, high=35.0))


# --------------------------------------------------------------------------------------------------- the whole pipeline


class Place:
    """A written study, scored again and again with all that was stored before in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runs = folder, 0

    @property
    def archive(self) -> FolderArchive:
        return FolderArchive(self.folder, self.folder / f"run-{self.runs}")

    def score(self) -> StudyResult:
        self.runs += 1
        return score(self.archive, self.archive.only_study(), SETTINGS, lambda stage, fraction: None)

    def refused(self) -> str:
        with pytest.raises(Refused) as refusal:
            self.score()
        return refusal.value.code

    @property
    def written(self) -> list[Path]:
        return sorted((self.folder / f"run-{self.runs}").glob("*.dcm"))

    @property
    def reports(self) -> list[Dataset]:
        return self.archive.our_reports(self.archive.only_study())


@pytest.mark.slow
def test_a_note_gives_way_to_a_report_and_a_report_to_a_note(tmp_path: Path) -> None:
    place = Place(tmp_path)
    write_study(make_study(PhantomSpec.small()), place.folder)
    late = sorted(place.folder.rglob("*.dcm"))
    contents = {path: path.read_bytes() for path in late}
    two_phases_only(place.folder)

    assert place.refused() == "too-few-phases"
    (path,) = place.written
    assert dicom_readers.conformance_errors(path) == []
    (note,) = place.reports
    assert place.refused() == "too-few-phases"
    assert place.written == [], "said already"

    for path, content in contents.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    place.score()
    (report,) = current_reports(place.reports)
    assert predecessors(report) == {note.SOPInstanceUID}

    gone = two_phases_only(place.folder)
    assert gone
    assert place.refused() == "too-few-phases"
    (second,) = (pydicom.dcmread(path) for path in place.written)
    assert second.SOPInstanceUID != note.SOPInstanceUID, "the same reason as at first, and another edition of it"
    assert predecessors(second) == {report.SOPInstanceUID}
    assert current_reports(place.reports) == []
    assert [r.SOPInstanceUID for r in place.reports if is_report(r)] == [report.SOPInstanceUID]
    assert gather(place.archive, WU_2018, "any").observations == ()
    assert gather(place.archive, WU_2018, "any").left_out == {}, (
        "a study without a report that holds is no study of ours"
    )


@pytest.mark.slow
def test_a_study_of_two_breasts_that_are_both_refused_has_one_note(tmp_path: Path) -> None:
    place = Place(tmp_path)
    write_study(make_study(replace(PhantomSpec.small(), lesion=None)), place.folder, "sagittal-pair")
    assert place.refused() == "no-lesion"
    (path,) = place.written
    told = "\n".join(dicom_readers.report_lines(path))
    assert "No score for both breasts." in told
    assert "Of the right breast" in told
    assert "Of the left breast" in told


@pytest.mark.slow
def test_a_multi_frame_study_is_named_by_its_instances(tmp_path: Path) -> None:
    place = Place(tmp_path)
    write_study(make_study(replace(PhantomSpec.small(), lesion=None)), place.folder, "philips-enhanced")
    assert place.refused() == "no-lesion"
    (path,) = place.written
    assert dicom_readers.conformance_errors(path) == []
    there = {
        str(pydicom.dcmread(p, stop_before_pixels=True).SOPInstanceUID) for p in place.folder.rglob("dicom/**/*.dcm")
    }
    note = pydicom.dcmread(path)
    images = [item for item in every_item(note) if item.get("ValueType") == "IMAGE"]
    assert images
    assert {i.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for i in images} <= there


def every_item(item: Dataset) -> list[Dataset]:
    return [item, *(deeper for child in item.get("ContentSequence", ()) for deeper in every_item(child))]


def test_a_ct_gets_nothing(tmp_path: Path) -> None:
    write_ct_study(tmp_path)
    place = Place(tmp_path)
    assert place.refused() == "not-mr"
    assert place.written == []
