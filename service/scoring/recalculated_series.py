"""One dynamic series recalculated from the report on the same measurements. No image is fetched.

A new reference, a new model or a molecular finding changes the conclusions only. Wherever something would not be exactly as
it is from the images, nothing is recalculated, and the series is scored from its images.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydicom import Dataset

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.files import read_header
from tilscope.dicom_io.identity import Kind
from tilscope.dicom_io.objects.results import RecalculatedObjects, named_by_report, recalculate_results
from tilscope.dicom_io.objects.sr.report_reading import scanner_of
from tilscope.dicom_io.objects.sr.report_record import result_of
from tilscope.models.result import RADIOMICS_MARK, Measurement, SeriesResult, SignatureResult
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import all_signatures
from tilscope.models.signatures.base import Installed, Signature, conclude
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.service.scoring.earlier_reports import EarlierReports
from tilscope.service.scoring.guidance import Guidance
from tilscope.service.scoring.inputs import input_hash, measurement_hash
from tilscope.service.scoring.stages import StageClock
from tilscope.service.site.installed import installed_at


@dataclass(frozen=True, eq=False)
class RecalculatedSeries:
    """The result of one dynamic series, and the report whose measurements it was concluded from."""

    result: SeriesResult
    source: DceSource
    report: Dataset

    def objects(self, earlier: EarlierReports) -> RecalculatedObjects:
        return recalculate_results(self.result, self.source, self.report)


def recalculated_series(
    archive: Archive,
    source: DceSource,
    guidance: Guidance,
    settings: PipelineSettings,
    kept: Sequence[SeriesResult],
    earlier: EarlierReports,
    clock: StageClock,
) -> RecalculatedSeries | None:
    """None where the images must be read: no report holds on the same measurements, or it lacks what is needed now.

    A report names and explains less than its result did: `kept` are earlier results, believed where the report agrees.
    """
    name = input_hash((source,), settings, guidance.lesion_annotations, guidance.molecular)
    measured = measurement_hash((source,), settings, guidance.lesion_annotations)
    clock.begin("looking for a report", 0.0)
    report = _whole_report(archive, source, earlier)
    old = None if report is None else result_of(report, kept)
    # With the very same input nothing has changed: whoever asks for it again wants the images read.
    if report is None or old is None or old.measurement_hash != measured or old.input_hash == name:
        return None
    if not {Kind.SEGMENTATION, Kind.BREAST_SEGMENTATION} <= named_by_report(report, old).keys():
        return None
    clock.begin("concluding from the report", 0.5)
    installed = installed_at(settings, scanner_of(source.early.headers[0]), guidance.molecular)
    signatures = concluded_anew(old, settings, installed)
    if signatures is None:
        return None
    return RecalculatedSeries(replace(old, input_hash=name, signatures=signatures), source, report)


def concluded_anew(
    old: SeriesResult, settings: PipelineSettings, installed: Mapping[str, Installed]
) -> tuple[SignatureResult, ...] | None:
    """What the features of a result come to with what is installed now, by signature; None where it lacks some of them."""
    signatures = []
    for signature in all_signatures():
        features = _features(old, signature, installed[signature.id])
        if features is None:
            return None
        nearby = next(one.nearby for one in old.signatures if one.id == signature.id)
        signatures.append(conclude(signature, features, settings, installed[signature.id], nearby))
    return tuple(signatures)


def _whole_report(archive: Archive, source: DceSource, earlier: EarlierReports) -> Dataset | None:
    """The report that holds now on these images, whole: Orthanc's and DICOMweb's JSON leave long texts out."""
    header = earlier.current_report_on(source.files_needed)
    if header is None:
        return None
    uid = str(header.SOPInstanceUID)
    with tempfile.TemporaryDirectory(prefix="tilscope-") as folder:
        files = archive.fetch(source.study_uid, [uid], Path(folder), lambda done, total: None)
        return read_header(files[uid])


def _features(old: SeriesResult, signature: Signature, installed: Installed) -> tuple[Measurement, ...] | None:
    """What would be measured now, in its order; None where the report lacks some of it."""
    found = {m.id: m for one in old.signatures if one.id == signature.id for m in one.features}
    if not found:
        return None
    if isinstance(signature, ForestSignature):
        wanted = signature.measured_ids(installed.forest)
    else:
        # Of an earlier model the report may hold more than is asked for now.
        taken = () if installed.linear is None else installed.linear.features
        wanted = tuple(dict.fromkeys((*(id for id in found if not id.startswith(RADIOMICS_MARK)), *taken)))
    return tuple(found[id] for id in wanted) if found.keys() >= set(wanted) else None
