"""A cohort of reports whose numbers are known: one real report of ours, its values and names replaced for each study.

Without its image library, and with few images as evidence: nothing here reads those.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from functools import cache

import numpy as np
from pydicom import Dataset
from scored_study import WU_FEATURES, scored_study, wu_signature

from tilscope.dicom_io.objects.results import build_results
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import settings_hash
from tilscope.models.signatures.wu2018.model import WU_2018

SETTINGS = PipelineSettings()
HASH = settings_hash(WU_2018, SETTINGS)
#: As they stand in the report, by the value of their codes: SNOMED's volume, IBSI's cluster shade, and our own.
CODES = {"M1": "118565006", "TEX2": "7NFM", "TS-BPE2": "NEAR_PAR_SER", "BPE1": "PAR_VOL_PE20", "BPE3": "PAR_FRAC_PE20"}
TEMPLATE = {f.id: f.value for f in WU_FEATURES}


@cache
def _template() -> Dataset:
    signature = wu_signature(parameters=f"1 mm isotropic. Settings {HASH}.")
    made = build_results(*scored_study(signatures=(signature,)).parts).report
    for series in (s for e in made.CurrentRequestedProcedureEvidenceSequence for s in e.ReferencedSeriesSequence):
        series.ReferencedSOPSequence = series.ReferencedSOPSequence[:1]  # a hundred of these are written and read
    made.ContentSequence = [i for i in made.ContentSequence if i.ConceptNameCodeSequence[0].CodeValue != "111028"]
    return made


def report(
    number: int,
    values: Mapping[str, float | None],
    made_under: str = HASH,
    model: str = "Scanner",
    time: str = "120000",
) -> Dataset:
    """Of a study of its own; None: the value is missing."""
    made = deepcopy(_template())
    made.StudyInstanceUID, made.PatientID = f"2.25.9{number:04d}", f"P-{number}"
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = f"2.25.9{number:04d}.{time}"
    made.SeriesInstanceUID = f"2.25.9{number:04d}.{time}.1"
    made.ContentTime = time
    for series in (s for e in made.CurrentRequestedProcedureEvidenceSequence for s in e.ReferencedSeriesSequence):
        for instance in series.ReferencedSOPSequence:
            instance.ReferencedSOPInstanceUID = f"2.25.8{number:04d}"
    (scanner,) = (i for i in made.ContributingEquipmentSequence if i.Manufacturer != "TILscope")
    scanner.ManufacturerModelName = model
    group = wu_group(made)
    ids = {code: id for id, code in CODES.items()}
    for item in group.ContentSequence:
        if item.ValueType == "NUM" and (id := ids.get(item.ConceptNameCodeSequence[0].CodeValue)):
            if values[id] is None:
                item.MeasuredValueSequence = []
            else:
                item.MeasuredValueSequence[0].NumericValue = f"{values[id]:.6g}"
        elif HASH in str(item.get("TextValue")):
            item.TextValue = item.TextValue.replace(HASH, made_under)
    return made


def wu_group(made: Dataset) -> Dataset:
    measurements = next(i for i in made.ContentSequence if i.ConceptNameCodeSequence[0].CodeValue == "126010")
    return measurements.ContentSequence[-1]


def known_values(count: int, seed: int = 5) -> list[dict[str, float]]:
    """Without gross outliers, and as reports hold them: with six digits."""
    rng = np.random.default_rng(seed)
    places = {"M1": (4.0, 1.0), "TEX2": (-60.0, 20.0), "TS-BPE2": (0.9, 0.1), "BPE1": (12.0, 3.0), "BPE3": (0.2, 0.05)}
    return [{id: float(f"{rng.normal(*place):.6g}") for id, place in places.items()} for _ in range(count)]
