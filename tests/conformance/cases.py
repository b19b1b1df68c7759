"""The studies whose result objects are looked at: how the slices lie, how the series are encoded, what the headers say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from conformance.answered import (
    ALL_OBJECTS,
    WITH_FILM,
    WITHOUT_A_LESION,
    by_the_pipeline,
    drawn_by_a_person,
    refused,
    scored_again,
)
from conformance.studies import in_layout, on_grid
from followed_lesions import followed
from scored_study import ScoredStudy, wu_signature

from tilscope.models.finding import Finding
from tilscope.models.imaging.series import Laterality
from tilscope.models.result import CalibrationState, Contribution, Measurement
from tilscope.models.settings import ObjectSettings

LEFT, RIGHT, BOTH = Laterality.LEFT, Laterality.RIGHT, Laterality.BOTH

#: Nothing of it is missing, so it has no number without a value.
CALIBRATED = wu_signature(
    state=CalibrationState.CALIBRATED,
    reason="Calibrated on 120 studies.",
    score=Measurement.of("til_percent", "Estimated TIL", 23.456789, "%"),
    category="intermediate",
    features=(Measurement.of("M2", "Sphericity", 0.61803398, "1"), Measurement.of("BPE3", "Fraction", 0.2020202, "1")),
    further_scores=(Measurement.of("til_composite", "Composite", 0.7320508, "1"),),
    percentile=61.8,
    contributions=(Contribution("M2", 2.5, 0.8), Contribution("BPE3", -1.5, 0.2)),
    reference="a reference of 120 studies",
    supplied=("oestrogen receptor negative",),
)
DE_IDENTIFIED = {
    "PatientName": "", "PatientID": "TRIAL-0042", "PatientBirthDate": "", "PatientSex": "", "StudyDate": "", "StudyTime": "",
    "AcquisitionDate": None, "ContentDate": None, "AccessionNumber": "", "StudyID": "", "ReferringPhysicianName": "",
    "PatientIdentityRemoved": "YES", "DeidentificationMethod": "by the trial's office",
    "LongitudinalTemporalInformationModified": "REMOVED", "ClinicalTrialSponsorName": "A sponsor",
    "ClinicalTrialProtocolID": "P-7", "ClinicalTrialProtocolName": "", "ClinicalTrialSiteID": "", "ClinicalTrialSiteName": "",
    "ClinicalTrialSubjectID": "42",
}  # fmt: skip
BARE = {
    "Manufacturer": None, "ManufacturerModelName": None, "SoftwareVersions": None, "AccessionNumber": None, "StudyID": None,
    "StudyDescription": None, "StudyTime": "", "PatientBirthDate": "unknown", "PatientSex": "X", "ReferringPhysicianName": None,
    "SliceThickness": None, "SpacingBetweenSlices": None, "SpecificCharacterSet": None,
}  # fmt: skip
FULL = {
    "TimezoneOffsetFromUTC": "-0330", "InstitutionName": "Clinic of tests", "StationName": "MR3", "DeviceSerialNumber": "S-9",
    "IssuerOfPatientID": "CLINIC", "PatientAge": "054Y", "PatientWeight": 71.5,
    "PatientComments": "brought by her son", "AdditionalPatientHistory": "not to be passed on",
}  # fmt: skip


LABEL_MAPS = replace(ALL_OBJECTS, labelmap=True)


@dataclass(frozen=True)
class Case:
    shows: str
    make: Callable[[Path], Sequence[ScoredStudy]]
    """Writes the images below a folder; one scored study for each dynamic series that has a score."""
    objects: ObjectSettings = ALL_OBJECTS
    """What is written of it; label maps in cases of their own."""


def _grid(shows: str, grid: str, side: Laterality, objects: ObjectSettings = ALL_OBJECTS) -> Case:
    return Case(shows, partial(on_grid, grid=grid, laterality=side), objects)


def _headers(shows: str, tags: dict[str, object], private: bool = False) -> Case:
    return Case(shows, partial(on_grid, tags=tags, private=private))


def _layout(shows: str, layout: str, objects: ObjectSettings = ALL_OBJECTS, **choices: bool) -> Case:
    return Case(shows, partial(in_layout, layout=layout, **choices), objects)


CASES: dict[str, Case] = {
    # how the slices lie
    "axial": _grid("both breasts, slices from foot to head", "axial", BOTH, WITH_FILM),
    "axial prone": _grid("rows and columns turned by 180 degrees", "axial prone", BOTH),
    "axial from head to foot": _grid("rows mirrored, slices from head to foot", "axial from head to foot", BOTH),
    "axial mirrored": _grid("columns mirrored, slices from head to foot", "axial mirrored", BOTH),
    "sagittal, left breast": _grid("one breast, columns from head to foot", "sagittal", LEFT, WITH_FILM),
    "sagittal, right breast": _grid("one breast, slices the other way round", "sagittal from left to right", RIGHT),
    "coronal": _grid("both breasts from the front", "coronal", BOTH),
    "oblique": _grid("turned about two axes: no axis of the images is one of the patient", "oblique", BOTH, WITH_FILM),
    # how the series are encoded
    "all phases in one series": _layout("a reference names one phase's images of a series", "one-series"),
    "a series a phase": _layout("evidence in several series", "series-per-phase"),
    "slices numbered against the normal": _layout("instance numbers run from head to foot", "one-series", reversed_slices=True),
    "sagittal pair": _layout("two breasts, two sets of objects in one study", "sagittal-pair", WITH_FILM),
    "sagittal pair, a series a phase and breast": _layout("the same in eight series", "sagittal-pair-series-per-phase"),
    "enhanced, all phases": _layout("one multi-frame image: references name frames", "philips-enhanced", WITH_FILM),
    "enhanced, an image a phase": _layout("one multi-frame image a phase", "siemens-xa-enhanced"),
    # what the headers say
    "de-identified": _headers("no name, no dates; flags that every object must carry on", DE_IDENTIFIED),
    "everything said": _headers("time zone, institution, serial number; comments and private elements that stay behind", FULL, True),
    "little said": _headers("no manufacturer, no thickness, a birth date and a sex that are none", BARE),
    "a name in Latin letters": _headers("ISO 8859-1", {"SpecificCharacterSet": "ISO_IR 100", "PatientName": "Müller^Änne"}),
    "a name in Japanese": _headers("three groups by escape sequences", {"SpecificCharacterSet": ["", "ISO 2022 IR 87"], "PatientName": "Yamada^Hanako=山田^花子=やまだ^はなこ"}),
    "a name in Arabic": _headers("from right to left", {"SpecificCharacterSet": "ISO_IR 192", "PatientName": "محمد^ليلى"}),
    "a name in Chinese": _headers("GB18030", {"SpecificCharacterSet": "GB18030", "PatientName": "Wang^XiaoDong=王^小东"}),
    # what was found
    "candidates": Case("nothing is surely a lesion, and nothing is scored", partial(on_grid, finding=Finding.CANDIDATES, signatures=()), WITH_FILM),
    "diffuse enhancement": Case("an extent, and no mass", partial(on_grid, finding=Finding.DIFFUSE)),
    "no fibroglandular tissue": Case("a segment less", partial(on_grid, with_fgt=False)),
    "calibrated": Case("a score, a class, a percentile; no value is missing", partial(on_grid, signatures=(CALIBRATED,))),
    "demonstration": Case("made of synthetic data, and every object says so", partial(on_grid, demo=True), WITH_FILM),
    "drawn by a person": Case("the outline is the lesion, and evidence", drawn_by_a_person),
    "scored again": Case("the report names the one that it replaces", scored_again),
    "over time": Case("two earlier exams: their numbers and reports, and what has changed since", partial(on_grid, laterality=LEFT, over_time=followed("1.2.3"))),
    "label maps": Case("both breasts, labels in place of masks", on_grid, LABEL_MAPS),
    "label maps, oblique": Case("the same on turned slices", partial(on_grid, grid="oblique"), LABEL_MAPS),
    "label maps, enhanced": Case("the same on one multi-frame image", partial(in_layout, layout="philips-enhanced"), LABEL_MAPS),
    # what the whole pipeline makes of it
    "scored for real": Case("five signatures with all their features", partial(by_the_pipeline, layout="one-series")),
    "one breast of a pair refused": Case("a score for the one, a note for the other", partial(by_the_pipeline, layout="sagittal-pair")),
    "refused": Case("a phase lacks slices: a note and nothing else", partial(refused, layout="philips-cut-short")),
    "refused, enhanced": Case("no lesion: a note about frames of one image", partial(refused, layout="philips-enhanced", spec=WITHOUT_A_LESION)),
}  # fmt: skip
