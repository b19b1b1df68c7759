"""A signature's cohort: its features in the reports of an archive. No image is read, and no report of other settings counts."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tilscope.dicom_io.archives import Archive, Tick
from tilscope.dicom_io.files import read_header
from tilscope.dicom_io.objects.sr.report_reading import ReadReport, ReadSignature, current_reports, read_report
from tilscope.models.signatures.base import Signature

#: Why a study does not count.
DEMO = "a report of demo mode"
MISSING_FEATURE = "a feature that could not be computed"


@dataclass(frozen=True)
class Observation:
    """One study."""

    study_uid: str
    patient_id: str
    report_uid: str
    """Names what the numbers come from: a report, or a measurement in a table."""
    scanner: str
    numbers: Mapping[str, float]
    """The features of the signature in the report, by id."""


@dataclass(frozen=True)
class Cohort:
    settings_hash: str
    observations: tuple[Observation, ...]
    left_out: Mapping[str, int]
    """How many studies with a TILscope report do not count, by reason."""

    @property
    def scanners(self) -> dict[str, int]:
        """How many studies come from each scanner, the most frequent first."""
        return dict(Counter(one.scanner or "scanner not named" for one in self.observations).most_common())

    def of_scanner(self, scanner: str) -> Cohort:
        own = tuple(one for one in self.observations if one.scanner == scanner)
        return Cohort(self.settings_hash, own, {"other scanner": len(self.observations) - len(own), **self.left_out})

    @property
    def left_out_in_words(self) -> str:
        return "; ".join(f"{count} for {why}" for why, count in self.left_out.items() if count) or "none"


def gather(
    archive: Archive,
    signature: Signature,
    settings_hash: str,
    tick: Tick = lambda done, total: None,
    demo: bool = False,
) -> Cohort:
    """One observation of each study: of the report that holds now, of two breasts the one with the larger lesion.

    Reports of demo mode count in demo mode only.
    """
    return gather_each(archive, {signature.id: settings_hash}, [signature], tick, demo)[signature.id]


def gather_each(
    archive: Archive,
    hashes: Mapping[str, str],
    signatures: Sequence[Signature],
    tick: Tick = lambda done, total: None,
    demo: bool = False,
    studies: Sequence[str] | None = None,
) -> dict[str, Cohort]:
    """The cohorts of several signatures, by id; each report is read once. `hashes` are those of their settings.

    `studies`: only these, and not every one with a report.
    """
    found: dict[str, list[Observation]] = {one.id: [] for one in signatures}
    left_out: dict[str, Counter[str]] = {one.id: Counter() for one in signatures}
    wanted = archive.studies_with_reports() if studies is None else studies
    for number, study_uid in enumerate(wanted, start=1):
        if reports := _reports(archive, study_uid, signatures):
            report = max(reports, key=lambda one: one.largest_lesion_cc)
            for signature in signatures:
                read = report.signatures.get(signature.id)
                if report.demo and not demo:
                    left_out[signature.id][DEMO] += 1
                elif why := _why_not(read, signature, hashes[signature.id]):
                    left_out[signature.id][why] += 1
                elif read is not None:
                    numbers = {id: value for id, value in read.numbers.items() if value is not None}
                    facts = (study_uid, report.patient_id, report.instance_uid, report.scanner)
                    found[signature.id].append(Observation(*facts, numbers))
        tick(number, len(wanted))
    return {one.id: _cohort(hashes[one.id], found[one.id], left_out[one.id]) for one in signatures}


def _cohort(settings_hash: str, found: list[Observation], left_out: Counter[str]) -> Cohort:
    """In one order, whatever archive they come from: the same reports give the same reference to the last digit."""
    found.sort(key=lambda one: one.report_uid)
    return Cohort(settings_hash, tuple(found), dict(left_out))


def _reports(archive: Archive, study_uid: str, signatures: Sequence[Signature]) -> list[ReadReport]:
    """Whole files: Orthanc's and DICOMweb's JSON leave long texts out, and the settings are in one."""
    uids = [str(report.SOPInstanceUID) for report in current_reports(archive.our_reports(study_uid))]
    with tempfile.TemporaryDirectory(prefix="tilscope-") as folder:
        files = archive.fetch(study_uid, uids, Path(folder), lambda done, total: None) if uids else {}
        features = {one.id: one.model_features for one in signatures}
        return [read_report(read_header(path), features) for path in files.values()]


def _why_not(read: ReadSignature | None, signature: Signature, settings_hash: str) -> str:
    if read is None:
        return f"a report without {signature.id}"
    if read.settings_hash != settings_hash:
        return other_settings(read.settings_hash)
    if any(read.numbers.get(id) is None for id in signature.model_features):
        return MISSING_FEATURE
    return ""


def other_settings(made_under: str) -> str:
    """Why a study does not count whose features were computed under these settings; '' where that is not known."""
    return f"other settings ({made_under or 'not named'})"
