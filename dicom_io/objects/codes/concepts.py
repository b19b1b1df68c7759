"""Coded concepts: what every measurement, finding and region is called in the result objects.

A standard code is used wherever one exists (DCM, SNOMED CT, IBSI, LOINC, UCUM); what none exists for has a row in the
project's own scheme (`private_codes`). A new measurement is a row in a table here; signatures bring their own rows
(`signature_codes`).
"""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.sr.coding import Code

from tilscope.dicom_io.objects.codes import signature_codes
from tilscope.dicom_io.objects.codes.private_codes import private, radiomics_code
from tilscope.models.finding import Finding
from tilscope.models.imaging.series import Laterality
from tilscope.models.result import RADIOMICS_MARK, CalibrationState, Missing
from tilscope.models.signatures.codes import TILSCOPE_SCHEME, CodingScheme
from tilscope.models.units import UNITS


class UnknownConcept(ValueError):
    """Something is to be written that has no coded concept: a row is missing here, or a signature's package is not installed."""

    def __init__(self, what: str, key: str) -> None:
        super().__init__(f"{what} {key!r} has no coded concept: add a row to dicom_io/objects/codes/concepts.py")


# ------------------------------------------------------------------------------------------------- standard codes

REPORT_TITLE = Code("126002", "DCM", "Dynamic Contrast MR Measurement Report")
#: The title of the note that a study of ours was refused. No standard code exists, and a title that programs take for a
#: measurement report would be worse.
NOT_SCORED = private("NOT_SCORED")
SUMMARY = Code("121111", "DCM", "Summary")
FINDING = Code("121071", "DCM", "Finding")
CONCLUSION = Code("121077", "DCM", "Conclusion")
#: CAD's own words for whether there is a result (CID 6042).
ANALYSES = Code("111065", "DCM", "Summary of Analyses")
NOT_ATTEMPTED = Code("111225", "DCM", "Not Attempted")
PROCESSING_EQUIPMENT = Code("109102", "DCM", "Processing Equipment")
ACQUISITION_EQUIPMENT = Code("109101", "DCM", "Acquisition Equipment")
REPLACED_REPORT = Code("121360", "DCM", "Replaced report")
COMMENT = Code("121106", "DCM", "Comment")
QUALITY_FINDING = Code("111052", "DCM", "Quality Finding")
CERTAINTY = Code("111012", "DCM", "Certainty of Finding")
ORIGINAL_SOURCE = Code("111040", "DCM", "Original Source")
SOURCE_OF_MEASUREMENT = Code("121112", "DCM", "Source of Measurement")
TIME_SINCE_INJECTION = Code("122665", "DCM", "Time interval since injection of contrast media")

#: Of measurements that are of another exam, or of the change since (TID 1502, and CID 12303 of what the number is).
TIME_POINT = Code("C2348792", "UMLS", "Time Point")
FRACTIONAL_CHANGE = Code("125314", "DCM", "Fractional Change")
DESCRIPTION_OF_CHANGE = Code("111021", "DCM", "Description of Change")

#: What a number is where it rests on an assumption (CID 3627).
DERIVATION = Code("121401", "DCM", "Derivation")
ESTIMATED = Code("414135002", "SCT", "Estimated")

LESION = Code("52988006", "SCT", "Lesion")
BREAST = Code("76752008", "SCT", "Breast")
TISSUE = Code("85756007", "SCT", "Tissue")
#: A reading of the images that names no tumour; from the standard's terms for contrast-enhanced MR (CID 6335).
DIFFUSE_ENHANCEMENT = Code("130603", "DCM", "Diffuse Contrast Enhancement")
ABNORMAL_STRUCTURE = Code("49755003", "SCT", "Morphologically Abnormal Structure")
SPATIAL_CONCEPT = Code("309825002", "SCT", "Spatial and Relational Concept")
ANATOMICAL_STRUCTURE = Code("91723000", "SCT", "Anatomical Structure")

#: CID 244. (51440002 is the same concept that UCSF's own breast segmentations carry.)
LATERALITY: dict[Laterality, Code] = {
    Laterality.RIGHT: Code("24028007", "SCT", "Right"),
    Laterality.LEFT: Code("7771000", "SCT", "Left"),
    Laterality.BOTH: Code("51440002", "SCT", "Bilateral"),
}

#: Procedure Reported describes the imaging, not the algorithm (IHE AI Results).
PROCEDURE: dict[Laterality, Code] = {
    Laterality.RIGHT: Code("36279-8", "LN", "MR Breast - right WO and W contrast IV"),
    Laterality.LEFT: Code("36278-0", "LN", "MR Breast - left WO and W contrast IV"),
    Laterality.BOTH: Code("36277-2", "LN", "MR Breast - bilateral WO and W contrast IV"),
}

#: CID 7162. What a site installs is a trained model; the classical segmenter is thresholds and morphology.
MORPHOLOGICAL = Code("123104", "DCM", "Morphological Operations")
ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")

#: CID 42.
_MISSING: dict[Missing, Code] = {
    Missing.NOT_ATTEMPTED: Code("114007", "DCM", "Measurement not attempted"),
    Missing.CALCULATION_FAILURE: Code("114008", "DCM", "Calculation failure"),
    Missing.OUT_OF_RANGE: Code("114009", "DCM", "Value out of range"),
}

#: CID 6345.
_CURVES: dict[str, Code] = {
    "persistent": Code("130597", "DCM", "Persistent delayed phase: Type 1 curve"),
    "plateau": Code("130598", "DCM", "Plateau delayed phase: Type 2 curve"),
    "washout": Code("130599", "DCM", "Washout delayed phase: Type 3 curve"),
}

_STATES: dict[CalibrationState, Code] = {
    CalibrationState.CALIBRATED: private("CALIBRATED"),
    CalibrationState.UNCALIBRATED: private("UNCALIBRATED"),
    CalibrationState.NO_MODEL: private("NO_MODEL"),
}
_UNCALIBRATED_VALUE = private("UNCALIBRATED_VAL")

_MEAN = Code("373098007", "SCT", "Mean")
_MEDIAN = Code("373099004", "SCT", "Median")
_VOLUME = Code("118565006", "SCT", "Volume")
_SPHERICITY = Code("QCFX", "IBSI", "Sphericity")
_SURFACE_TO_VOLUME = Code("2PR5", "IBSI", "Surface to Volume Ratio")


@dataclass(frozen=True)
class RegionConcept:
    """What a region is, and of what category (CID 7150): of a segment and of the measurements of it."""

    category: Code
    type: Code


_REGIONS: dict[Finding, RegionConcept] = {
    Finding.MASS: RegionConcept(ABNORMAL_STRUCTURE, LESION),
    Finding.DIFFUSE: RegionConcept(ABNORMAL_STRUCTURE, DIFFUSE_ENHANCEMENT),
    # A place to look at: nobody has said that anything abnormal is there.
    Finding.CANDIDATES: RegionConcept(SPATIAL_CONCEPT, private("CANDIDATE")),
}


def region_concept(finding: Finding) -> RegionConcept:
    """Of what the lesions of a result are."""
    return _REGIONS[finding]


#: The regions that signatures may be about.
SCORED_REGIONS = tuple(concept.type for finding, concept in _REGIONS.items() if finding.is_scored)

# --------------------------------------------------------------------------------- what is written, and by which code


@dataclass(frozen=True)
class MeasurementConcept:
    """The concept name of a NUM item (TID 300), and how the value was derived from many (CID 7464)."""

    name: Code
    derivation: Code | None = None


_MEASUREMENTS: dict[str, MeasurementConcept] = {
    # a lesion
    "volume": MeasurementConcept(_VOLUME),
    "longest_diameter": MeasurementConcept(Code("L0JK", "IBSI", "Maximum 3D Diameter of a Mesh")),
    "contour_area": MeasurementConcept(Code("42798000", "SCT", "Area")),
    "sphericity": MeasurementConcept(_SPHERICITY),
    "surface_volume_ratio": MeasurementConcept(_SURFACE_TO_VOLUME),
    "ftv": MeasurementConcept(private("FTV")),
    "ftv_ser": MeasurementConcept(private("FTV_SER")),
    "pe_mean": MeasurementConcept(private("PE"), _MEAN),
    "pe_peak": MeasurementConcept(private("PE_PEAK")),
    "ser_mean": MeasurementConcept(private("SER"), _MEAN),
    "axis_1": MeasurementConcept(Code("103339001", "SCT", "Long axis")),
    "axis_2": MeasurementConcept(Code("131189007", "SCT", "Perpendicular Axis")),
    "axis_3": MeasurementConcept(Code("103340004", "SCT", "Short axis")),
    "nipple_distance": MeasurementConcept(Code("121242", "DCM", "Distance from nipple")),
    "skin_distance": MeasurementConcept(Code("121243", "DCM", "Distance from skin")),
    "chest_wall_distance": MeasurementConcept(Code("121244", "DCM", "Distance from chest wall")),
    "initial_slow": MeasurementConcept(private("INIT_SLOW")),
    "initial_medium": MeasurementConcept(private("INIT_MEDIUM")),
    "initial_fast": MeasurementConcept(private("INIT_FAST")),
    "delayed_persistent": MeasurementConcept(private("DELAY_PERSIST")),
    "delayed_plateau": MeasurementConcept(private("DELAY_PLATEAU")),
    "delayed_washout": MeasurementConcept(private("DELAY_WASHOUT")),
    # the breast
    "fgt_amount": MeasurementConcept(Code("111046", "DCM", "Percent Fibroglandular Tissue")),
    "bpe_share": MeasurementConcept(private("BPE_SHARE")),
    "extent": MeasurementConcept(private("EXTENT")),
    "breast_volume": MeasurementConcept(Code("112193", "DCM", "Volume of breast")),
    "fgt_volume": MeasurementConcept(Code("112192", "DCM", "Volume of parenchymal tissue")),
    "fgt_percent": MeasurementConcept(Code("111046", "DCM", "Percent Fibroglandular Tissue")),
    "bpe_mean": MeasurementConcept(private("BPE"), _MEAN),
    "bpe_median": MeasurementConcept(private("BPE"), _MEDIAN),
    # any signature
    "percentile": MeasurementConcept(private("PERCENTILE")),
}


def measurement_concept(id: str) -> MeasurementConcept:
    """The concept of a `Measurement.id`."""
    if id in _MEASUREMENTS:
        return _MEASUREMENTS[id]
    if id in signature_codes.measurements():
        return MeasurementConcept(signature_codes.measurements()[id])
    if id.startswith(RADIOMICS_MARK):
        return MeasurementConcept(radiomics_code(id.removeprefix(RADIOMICS_MARK)))
    raise UnknownConcept("measurement", id)


def measurement_ids(code: Code) -> tuple[str, ...]:
    """The measurements of the table that are called so; several where signatures measure the same thing."""
    ours = (id for id, concept in _MEASUREMENTS.items() if concept.name == code)
    return (*ours, *(id for id, name in signature_codes.measurements().items() if name == code))


def unit_code(unit: str) -> Code:
    """A UCUM unit."""
    if unit not in UNITS:
        raise UnknownConcept("unit", unit)
    return Code(unit, "UCUM", UNITS[unit])


def curve_code(curve_type: str) -> Code:
    if curve_type not in _CURVES:
        raise UnknownConcept("kinetic curve type", curve_type)
    return _CURVES[curve_type]


def signature_code(id: str) -> Code:
    if id not in signature_codes.findings():
        raise UnknownConcept("signature", id)
    return signature_codes.findings()[id]


def signature_scheme(id: str) -> CodingScheme:
    """The scheme of the codes that a signature has for itself."""
    if id not in signature_codes.schemes():
        raise UnknownConcept("signature", id)
    return signature_codes.schemes()[id]


def scheme_uid(designator: str) -> str:
    """Of a private scheme: this project's, or that of a signature."""
    for scheme in (TILSCOPE_SCHEME, *signature_codes.schemes().values()):
        if scheme.designator == designator:
            return scheme.uid
    raise UnknownConcept("coding scheme", designator)


def category_codes(signature: str, category: str) -> tuple[Code, Code]:
    """The name of the signature's class and the code of its value."""
    if (signature, category) not in signature_codes.classes():
        raise UnknownConcept("category", f"{signature}: {category}")
    return signature_codes.classes()[signature, category]


def categories() -> tuple[str, ...]:
    """Every class that a signature can give, each once."""
    return tuple(dict.fromkeys(category for _, category in signature_codes.classes()))


def missing_code(missing: Missing) -> Code:
    return _MISSING[missing]


def state_code(state: CalibrationState, valued: bool = False) -> Code:
    """`valued`: a value is given nevertheless, by a model that takes raw features."""
    return _UNCALIBRATED_VALUE if valued and state is CalibrationState.UNCALIBRATED else _STATES[state]
