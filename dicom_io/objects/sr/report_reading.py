"""Our own Structured Reports read back by their codes: a signature's features and the settings that they belong to.

The reports of many studies are enough to calibrate a signature: no image is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from tilscope.dicom_io.identity import DEMO_MARK, MANUFACTURER
from tilscope.dicom_io.objects.codes import concepts

#: `models.signatures.base.conclude` ends a signature's parameters with it.
_SETTINGS = re.compile(r"\bSettings ([0-9a-f]{16})\.")
_VOLUME = concepts.measurement_concept("volume").name


@dataclass(frozen=True)
class ReadSignature:
    """What a report holds of one signature."""

    settings_hash: str
    """The signature's own; '' where the report names none."""
    numbers: Mapping[str, float | None]
    """Scores and features by id; None where the report has a reason instead."""


@dataclass(frozen=True)
class ReadReport:
    study_uid: str
    patient_id: str
    instance_uid: str
    scanner: str
    demo: bool
    """Made in demo mode."""
    largest_lesion_cc: float
    """0 where no lesion's volume could be measured."""
    signatures: Mapping[str, ReadSignature]
    """Those that were asked for and are in the report, by id."""


def is_report(header: Dataset) -> bool:
    """A measurement report of ours."""
    return _is_ours(header, concepts.REPORT_TITLE)


def is_report_or_note(header: Dataset) -> bool:
    """A measurement report of ours, or our note that there is no score, and why."""
    return is_report(header) or _is_ours(header, concepts.NOT_SCORED)


def current_reports(reports: Sequence[Dataset]) -> list[Dataset]:
    """The current measurement reports. Where a study was refused later on the same images, none does."""
    return [report for report in current_documents(reports) if is_report(report)]


def current_documents(reports: Sequence[Dataset]) -> list[Dataset]:
    """The current reports and notes of one study: the newest on their images, replaced by no other.

    A study of two breasts imaged one by one has two that share no image.
    """
    ours = [report for report in reports if is_report_or_note(report)]
    replaced = {uid for report in ours for uid in predecessors(report)}
    current: list[tuple[Dataset, set[str]]] = []
    newest_first = sorted((r for r in ours if str(r.SOPInstanceUID) not in replaced), key=written, reverse=True)
    for report in newest_first:
        images = evidence_of(report)
        if not any(images & others for _, others in current):
            current.append((report, images))
    return [report for report, _ in current]


def read_report(report: Dataset, features: Mapping[str, Sequence[str]]) -> ReadReport:
    """`features` are the ids that a signature calls its own, where several share a code."""
    groups = list(measurement_groups(report))
    return ReadReport(
        study_uid=str(report.StudyInstanceUID),
        patient_id=str(report.get("PatientID") or ""),
        instance_uid=str(report.SOPInstanceUID),
        scanner=scanner_of_report(report),
        demo=str(report.get("SeriesDescription") or "").startswith(DEMO_MARK),
        largest_lesion_cc=max((_volume(group) for group in groups if _is_scored_region(group)), default=0.0),
        signatures={
            id: _signature(about, wanted)
            for id, wanted in features.items()
            if (about := groups_about(groups, concepts.signature_code(id)))
        },
    )


def scanner_of_report(report: Dataset) -> str:
    """Manufacturer and model of the scanner that the report names as the images' source."""
    for item in report.get("ContributingEquipmentSequence") or ():
        if any(_is(code, concepts.ACQUISITION_EQUIPMENT) for code in item.get("PurposeOfReferenceCodeSequence") or ()):
            return scanner_of(item)
    return ""


def scanner_of(equipment: Dataset) -> str:
    """The same of an image's header, or of an item that names the equipment; '' where nothing is named."""
    words = (str(equipment.get(key) or "").strip() for key in ("Manufacturer", "ManufacturerModelName"))
    return " ".join(word for word in words if word)


def evidence_of(report: Dataset) -> set[str]:
    """The instances that a report is based on; a study of two breasts holds reports of both."""
    return {
        str(instance.ReferencedSOPInstanceUID)
        for study in report.get("CurrentRequestedProcedureEvidenceSequence") or ()
        for series in study.get("ReferencedSeriesSequence") or ()
        for instance in series.get("ReferencedSOPSequence") or ()
    }


# ------------------------------------------------------------------------------------------------------ inside the tree


def measurement_groups(report: Dataset) -> Iterator[Dataset]:
    """The measurement groups of TID 1500 that are of this exam."""
    for container in report.get("ContentSequence") or ():
        if has_name(container, codes.DCM.ImagingMeasurements):
            for group in container.get("ContentSequence") or ():
                if has_name(group, codes.DCM.MeasurementGroup) and not is_of_another_time(group):
                    yield group


def is_of_another_time(group: Dataset) -> bool:
    """Whether it repeats an earlier exam, or says what has changed since (TID 1502)."""
    return any(has_name(item, concepts.TIME_POINT) for item in group.get("ContentSequence") or ())


def numbers_of(group: Dataset) -> list[float | None]:
    """Every number of a group, in its order; None where the report has a reason instead."""
    return [_number(item) for item in group.ContentSequence if item.get("ValueType") == "NUM"]


def groups_about(groups: Iterable[Dataset], finding: Code) -> list[Dataset]:
    """Of a signature two: what was concluded, and the features. Reports of before have one for both."""
    return [group for group in groups if has_finding(group, finding)]


def _signature(groups: Sequence[Dataset], wanted: Sequence[str]) -> ReadSignature:
    ids = {_key(concepts.measurement_concept(id).name): id for id in wanted}
    numbers: dict[str, float | None] = {}
    items = [item for group in groups for item in group.ContentSequence]
    for item in items:
        if item.get("ValueType") == "NUM":
            name = item.ConceptNameCodeSequence[0]
            code = Code(str(name.CodeValue), str(name.CodingSchemeDesignator), "")
            called_so = concepts.measurement_ids(code)
            if id := ids.get(_key(code)) or (called_so[0] if len(called_so) == 1 else ""):
                numbers[id] = _number(item)
    parameters = [str(item.get("TextValue") or "") for item in items if has_name(item, codes.DCM.AlgorithmParameters)]
    settings = _SETTINGS.search(" ".join(parameters))
    return ReadSignature(settings[1] if settings else "", numbers)


def _key(code: Code) -> tuple[str, str]:
    return code.scheme_designator, code.value


def _volume(group: Dataset) -> float:
    return max(
        (_number(item) or 0.0 for item in group.ContentSequence if item.get("ValueType") == "NUM" and has_name(item, _VOLUME)),
        default=0.0,
    )  # fmt: skip


def _number(item: Dataset) -> float | None:
    values = item.get("MeasuredValueSequence") or ()
    return float(values[0].NumericValue) if values else None


def _is_scored_region(group: Dataset) -> bool:
    """The group of a lesion, and not of a candidate."""
    return any(has_finding(group, what) for what in concepts.SCORED_REGIONS)


def has_finding(group: Dataset, code: Code) -> bool:
    return any(
        has_name(item, codes.DCM.Finding) and any(_is(value, code) for value in item.get("ConceptCodeSequence") or ())
        for item in group.get("ContentSequence") or ()
    )


def has_name(item: Dataset, code: Code) -> bool:
    return any(_is(name, code) for name in item.get("ConceptNameCodeSequence") or ())


def _is_ours(header: Dataset, title: Code) -> bool:
    ours = header.get("Modality") == "SR" and header.get("Manufacturer") == MANUFACTURER
    return ours and has_name(header, title)


def _is(item: Dataset, code: Code) -> bool:
    """By value and scheme; the meaning may be written in any language."""
    same_scheme = str(item.get("CodingSchemeDesignator")) == code.scheme_designator
    return same_scheme and str(item.get("CodeValue")) == code.value


def predecessors(report: Dataset) -> set[str]:
    """The reports that this one replaces."""
    return {
        str(instance.ReferencedSOPInstanceUID)
        for study in report.get("PredecessorDocumentsSequence") or ()
        for series in study.get("ReferencedSeriesSequence") or ()
        for instance in series.get("ReferencedSOPSequence") or ()
    }


def written(report: Dataset) -> tuple[str, str]:
    """When, for sorting."""
    return str(report.get("ContentDate") or ""), str(report.get("ContentTime") or "")
