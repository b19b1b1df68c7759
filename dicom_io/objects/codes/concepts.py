"""Coded concepts: what every measurement, finding and region is called in the result objects.

A standard code is used wherever one exists (DCM, SNOMED CT, IBSI, LOINC, UCUM); what none exists for has a row in the
project's own scheme (`private_codes`). A new measurement, signature or class is a row in a table here.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.sr.coding import Code

from tilscope.dicom_io.objects.codes.private_codes import private, radiomics_code
from tilscope.models.imaging.series import Laterality
from tilscope.models.result import RADIOMICS_MARK, CalibrationState, Missing


class UnknownConcept(ValueError):
    """Something is to be written that has no coded concept: a row is missing in `dicom_io/objects/codes/concepts.py`."""

    def __init__(self, what: str, key: str) -> None:
        super().__init__(f"{what} {key!r} has no coded concept: add a row to dicom_io/objects/codes/concepts.py")


# ------------------------------------------------------------------------------------------------- standard codes

REPORT_TITLE = Code("126002", "DCM", "Dynamic Contrast MR Measurement Report")
#: The title of the note that a study of ours was refused. No standard code says so, and a title that programs take for a
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

LESION = Code("52988006", "SCT", "Lesion")
BREAST = Code("76752008", "SCT", "Breast")
TISSUE = Code("85756007", "SCT", "Tissue")
ABNORMAL_STRUCTURE = Code("49755003", "SCT", "Morphologically Abnormal Structure")
SPATIAL_CONCEPT = Code("309825002", "SCT", "Spatial and Relational Concept")
ANATOMICAL_STRUCTURE = Code("91723000", "SCT", "Anatomical Structure")

#: CID 244. (51440002 is the same concept that UCSF's own breast segmentations carry.)
LATERALITY: dict[Laterality, Code] = {
    Laterality.RIGHT: Code("24028007", "SCT", "Right"),
    Laterality.LEFT: Code("7771000", "SCT", "Left"),
    Laterality.BOTH: Code("51440002", "SCT", "Right and left"),
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

_UNITS: dict[str, str] = {
    "1": "no units", "%": "percent", "{ratio}": "ratio", "mm": "mm", "mm2": "mm2", "mm3": "mm3", "cm3": "cm3",
    "1/mm": "per mm", "/mm": "per mm", "mm-1": "per mm", "s": "s", "min": "min",
}  # fmt: skip

_MEAN = Code("373098007", "SCT", "Mean")
_MEDIAN = Code("373099004", "SCT", "Median")
_VOLUME = Code("118565006", "SCT", "Volume")
_SPHERICITY = Code("QCFX", "IBSI", "Sphericity")
_SURFACE_TO_VOLUME = Code("2PR5", "IBSI", "Surface to Volume Ratio")


# --------------------------------------------------------------------------------- what is said, and by which code


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
    # the breast
    "breast_volume": MeasurementConcept(Code("112193", "DCM", "Volume of breast")),
    "fgt_volume": MeasurementConcept(Code("112192", "DCM", "Volume of parenchymal tissue")),
    "fgt_percent": MeasurementConcept(Code("111046", "DCM", "Percent Fibroglandular Tissue")),
    "bpe_mean": MeasurementConcept(private("BPE"), _MEAN),
    "bpe_median": MeasurementConcept(private("BPE"), _MEDIAN),
    # Wu 2018, by the paper's own feature names
    "til_percent": MeasurementConcept(private("TIL_EST")),
    "M1": MeasurementConcept(_VOLUME),
    "M2": MeasurementConcept(_SPHERICITY),
    "M3": MeasurementConcept(_SURFACE_TO_VOLUME),
    "M4": MeasurementConcept(private("EDGE_GRAD_MEAN")),
    "M5": MeasurementConcept(private("EDGE_GRAD_SD")),
    "TEX1": MeasurementConcept(Code("NI2N", "IBSI", "Correlation of GLCM")),
    "TEX2": MeasurementConcept(Code("7NFM", "IBSI", "Cluster Shade of GLCM")),
    "TEX3": MeasurementConcept(Code("8ZQL", "IBSI", "Angular Second Moment of GLCM")),
    "TEX4": MeasurementConcept(Code("TU9B", "IBSI", "Joint Entropy of GLCM")),
    "FTV1": MeasurementConcept(private("VOL_SER_10")),
    "FTV2": MeasurementConcept(private("VOL_SER_15")),
    "BPE1": MeasurementConcept(private("PAR_VOL_PE20")),
    "BPE2": MeasurementConcept(private("PAR_VOL_PE60")),
    "BPE3": MeasurementConcept(private("PAR_FRAC_PE20")),
    "BPE4": MeasurementConcept(private("PAR_FRAC_PE60")),
    "TS-BPE1": MeasurementConcept(private("NEAR_PAR_PE")),
    "TS-BPE2": MeasurementConcept(private("NEAR_PAR_SER")),
    "til_composite": MeasurementConcept(private("TIL_COMPOSITE")),
    # any signature
    "percentile": MeasurementConcept(private("PERCENTILE")),
    # Su 2022, by the paper's own feature names
    "rad_tils": MeasurementConcept(private("RAD_TILS")),
    "X1": MeasurementConcept(private("SU_X1")),
    "X2": MeasurementConcept(private("SU_X2")),
    "X3": MeasurementConcept(private("SU_X3")),
    "su_phases": MeasurementConcept(private("SU_PHASES")),
    # Qian 2024, in the order of the paper's table
    "qian_peritumoral": MeasurementConcept(private("M2_PERITUMORAL")),
    "qian_intratumoral": MeasurementConcept(private("M2_INTRATUMORAL")),
    "qian_combined": MeasurementConcept(private("M2_COMBINED")),
    **{f"QP{n}": MeasurementConcept(private(f"QIAN_P{n}")) for n in range(1, 9)},
    "QT1": MeasurementConcept(private("QIAN_T1")),
    # Fan 2023 and Han 2024: what is given in any case; what an installed forest takes besides has a code of its name
    "tsh_good": MeasurementConcept(private("TSH_GOOD")),
    "tme_hot": MeasurementConcept(private("TME_HOT")),
    **{
        RADIOMICS_MARK + name: MeasurementConcept(code)
        for name, code in {
            "fan2023/T/original_shape_Flatness": Code("N17B", "IBSI", "Flatness"),
            "fan2023/T/original_shape_Sphericity": _SPHERICITY,
            "fan2023/T/S0/original_glrlm_LongRunHighGrayLevelEmphasis": private("FAN_S0_LRHGLE"),
            "fan2023/T/SI/original_glcm_Idmn": private("FAN_SI_IDMN"),
            "fan2023/stroma/SI/original_glcm_Idmn": private("FAN_STROMA_IDMN"),
            "fan2023/stroma/SI/original_glszm_GrayLevelNonUniformity": private("FAN_STROMA_GLN"),
            "han2024/T/early/original_firstorder_Mean": private("HAN_T_MEAN"),
            "han2024/T/early/original_firstorder_Entropy": private("HAN_T_ENTROPY"),
            "han2024/T/early/original_glcm_Idm": private("HAN_T_IDM"),
            "han2024/T/early/original_glcm_JointEntropy": private("HAN_T_JENTROPY"),
            "han2024/ring/early/original_firstorder_Mean": private("HAN_R_MEAN"),
            "han2024/ring/early/original_firstorder_Entropy": private("HAN_R_ENTROPY"),
            "han2024/ring/early/original_glcm_Idm": private("HAN_R_IDM"),
            "han2024/ring/early/original_glcm_JointEntropy": private("HAN_R_JENTROPY"),
        }.items()
    },
}

#: Signature id -> the signature as a finding.
_SIGNATURES: dict[str, Code] = {
    "wu2018": private("SIG_WU2018"),
    "su2022": private("SIG_SU2022"),
    "qian2024": private("SIG_QIAN2024"),
    "fan2023": private("SIG_FAN2023"),
    "han2024": private("SIG_HAN2024"),
}

#: (signature id, category) -> the name of the class and its value; the cut-off stands in the value's meaning.
_CATEGORIES: dict[tuple[str, str], tuple[Code, Code]] = {
    ("wu2018", "low"): (private("TIL_CLASS"), private("TIL_LE10")),
    ("wu2018", "intermediate"): (private("TIL_CLASS"), private("TIL_10_40")),
    ("wu2018", "high"): (private("TIL_CLASS"), private("TIL_GT40")),
    ("su2022", "high"): (private("RAD_TILS_CLASS"), private("RAD_TILS_HIGH")),
    ("su2022", "low"): (private("RAD_TILS_CLASS"), private("RAD_TILS_LOW")),
    ("qian2024", "high"): (private("M2_CLASS"), private("M2_HIGH")),
    ("qian2024", "low"): (private("M2_CLASS"), private("M2_LOW")),
    ("fan2023", "good"): (private("TSH_CLASS"), private("TSH_GROUP_GOOD")),
    ("fan2023", "poor"): (private("TSH_CLASS"), private("TSH_GROUP_POOR")),
    ("han2024", "hot"): (private("TME_CLASS"), private("TME_CLASS_HOT")),
    ("han2024", "cold"): (private("TME_CLASS"), private("TME_CLASS_COLD")),
}


def measurement_concept(id: str) -> MeasurementConcept:
    """The concept of a `Measurement.id`."""
    if id in _MEASUREMENTS:
        return _MEASUREMENTS[id]
    if id.startswith(RADIOMICS_MARK):
        return MeasurementConcept(radiomics_code(id.removeprefix(RADIOMICS_MARK)))
    raise UnknownConcept("measurement", id)


def measurement_ids(code: Code) -> tuple[str, ...]:
    """The measurements of the table that are called so; several where signatures measure the same thing."""
    return tuple(id for id, concept in _MEASUREMENTS.items() if concept.name == code)


def unit_code(unit: str) -> Code:
    """A UCUM unit."""
    if unit not in _UNITS:
        raise UnknownConcept("unit", unit)
    return Code(unit, "UCUM", _UNITS[unit])


def curve_code(curve_type: str) -> Code:
    if curve_type not in _CURVES:
        raise UnknownConcept("kinetic curve type", curve_type)
    return _CURVES[curve_type]


def signature_code(id: str) -> Code:
    if id not in _SIGNATURES:
        raise UnknownConcept("signature", id)
    return _SIGNATURES[id]


def category_codes(signature: str, category: str) -> tuple[Code, Code]:
    """The name of the signature's class and the code of its value."""
    if (signature, category) not in _CATEGORIES:
        raise UnknownConcept("category", f"{signature}: {category}")
    return _CATEGORIES[signature, category]


def categories() -> tuple[str, ...]:
    """Every class that a signature of the table can give, each once."""
    return tuple(dict.fromkeys(category for _, category in _CATEGORIES))


def missing_code(missing: Missing) -> Code:
    return _MISSING[missing]


def state_code(state: CalibrationState, valued: bool = False) -> Code:
    """`valued`: a value is given nevertheless, by a model that takes raw features."""
    return _UNCALIBRATED_VALUE if valued and state is CalibrationState.UNCALIBRATED else _STATES[state]
