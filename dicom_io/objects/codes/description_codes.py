"""The words of the block for the report as codes: BI-RADS' terms where the standard has them, else rows of our own.

Quadrants are of CID 6020, hours and the centre of CID 6018, depths of CID 6024, shapes of CID 6339, margins of CID 6341, curves of
CID 6345, the composition of the breast of CID 6000.
"""

from __future__ import annotations

from pydicom.sr.coding import Code

from tilscope.dicom_io.objects.codes.concepts import UnknownConcept, curve_code
from tilscope.dicom_io.objects.codes.private_codes import private
from tilscope.models.description.breast_categories import BPE, FGT
from tilscope.models.kinetics.maps import CurveType
from tilscope.models.result import Term

_CENTRE = Code("129786000", "SCT", "Central region of breast")
_HOURS = (
    "129772004", "129773009", "129774003", "129775002", "129776001", "129777005",
    "129778000", "129779008", "129780006", "129781005", "129782003", "129783008",
)  # fmt: skip
_CURVES = {curve.value: curve_code(curve) for curve in CurveType}

_NAMES: dict[str, Code] = {
    "quadrant": Code("111048", "DCM", "Quadrant location"),
    "clock_face": Code("111014", "DCM", "Clockface or region"),
    "depth": Code("111020", "DCM", "Depth"),
    "lesion_type": private("LESION_TYPE"),
    "shape": Code("300842002", "SCT", "Shape"),
    "margin": Code("111037", "DCM", "Margins"),
    "internal_enhancement": Code("RID6058", "RADLEX", "Enhancement pattern"),
    "initial_phase": private("INITIAL_PHASE"),
    "delayed_phase": private("DELAYED_PHASE"),
    "worst_curve": private("WORST_CURVE"),
    "fgt": Code("129715009", "SCT", "Breast composition"),
    "bpe": private("BPE_LEVEL"),
    "focality": private("FOCALITY"),
}

_VALUES: dict[str, dict[str, Code]] = {
    "quadrant": {
        "upper outer": Code("76365002", "SCT", "Upper outer quadrant of breast"),
        "upper inner": Code("77831004", "SCT", "Upper inner quadrant of breast"),
        "lower outer": Code("33564002", "SCT", "Lower outer quadrant of breast"),
        "lower inner": Code("19100000", "SCT", "Lower inner quadrant of breast"),
        "central": _CENTRE,
    },
    "clock_face": {f"{n} o'clock": Code(code, "SCT", f"{n} o'clock position") for n, code in enumerate(_HOURS, 1)},
    "depth": {
        "anterior third": Code("255549009", "SCT", "Anterior"),
        "middle third": Code("C25569", "NCIt", "Middle"),
        "posterior third": Code("255551008", "SCT", "Posterior"),
    },
    "lesion_type": {
        "mass": Code("4147007", "SCT", "Mass"),
        "non-mass enhancement": private("NON_MASS"),
        "focus": private("FOCUS"),
    },
    "shape": {
        "round": Code("42700002", "SCT", "Round"),
        "oval": Code("84360004", "SCT", "Ovoid shape"),
        "irregular": Code("49608001", "SCT", "Irregular"),
    },
    "margin": {
        "circumscribed": Code("129738007", "SCT", "Circumscribed lesion"),
        "not circumscribed": Code("RID34355", "RADLEX", "Non-circumscribed margin"),
    },
    "internal_enhancement": {
        "homogeneous": Code("112160", "DCM", "Homogeneous"),
        "heterogeneous": Code("RID6060", "RADLEX", "Heterogeneous"),
        "rim enhancement": private("RIM"),
    },
    "initial_phase": {
        "slow": private("INITIAL_SLOW"),
        "medium": private("INITIAL_MEDIUM"),
        "fast": private("INITIAL_FAST"),
    },
    "delayed_phase": _CURVES,
    "worst_curve": _CURVES,
    "fgt": dict(
        zip(
            FGT,
            (
                Code("129716005", "SCT", "Almost entirely fat"),
                Code("129717001", "SCT", "Scattered fibroglandular densities"),
                Code("129718006", "SCT", "Heterogeneously dense"),
                Code("129719003", "SCT", "Extremely dense"),
            ),
            strict=True,
        )
    ),
    "bpe": dict(
        zip(
            BPE,
            (
                private("BPE_MINIMAL"),
                Code("255604002", "SCT", "Mild"),
                Code("6736007", "SCT", "Moderate"),
                private("BPE_MARKED"),
            ),
            strict=True,
        )
    ),
    "focality": {
        "none found": private("NO_LESION"),
        "unifocal": private("UNIFOCAL"),
        "multifocal": Code("524008", "SCT", "Multifocal"),
        "multicentric": private("MULTICENTRIC"),
    },
}


def term_codes(term: Term) -> tuple[Code, Code] | None:
    """The name and the value of a word; None where it is not assessed."""
    if term.value is None:
        return None
    if term.value not in _VALUES.get(term.id, {}):
        raise UnknownConcept("word", f"{term.id}: {term.value}")
    return _NAMES[term.id], _VALUES[term.id][term.value]
