"""The project's own coding scheme: what it says in DICOM and no standard code exists for.

A code is never renamed, reused or removed: old reports keep their meaning. The table is published as
`docs/private-codes.md`, written by `python -m dicom_io.objects.private_codes > docs/private-codes.md`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.sr.coding import Code

SCHEME = "99TILSCOPE"
#: Minted once for the scheme; permanent.
SCHEME_UID = "2.25.152462222976150313558411961826962721617"
SCHEME_NAME = "TILscope coded concepts"
SCHEME_VERSION = "1"

#: Code Meaning is of value representation LO (PS3.5 table 6.2-1).
_LONGEST_MEANING = 64


@dataclass(frozen=True)
class PrivateCode:
    """A row of the published table."""

    value: str
    meaning: str
    unit: str
    """UCUM, or '' for a concept that is no quantity."""
    definition: str
    source: str = ""
    """Whose definition it is."""


_TRIAL = "ACRIN 6657 / I-SPY"
_WU = "Wu 2018"

# fmt: off
_ROWS = (
    # Enhancement
    PrivateCode("PE", "Percent enhancement", "%", "(early - pre) / pre, over the region; see the derivation.", _TRIAL),
    PrivateCode("PE_PEAK", "Peak percent enhancement", "%", "The highest enhancement in the lesion, by the rule of the pipeline version.", _TRIAL),
    PrivateCode("SER", "Signal enhancement ratio", "{ratio}", "(early - pre) / (late - pre), over the region; see the derivation.", _TRIAL),
    PrivateCode("FTV", "Functional tumour volume", "cm3", "Volume of the voxels that enhance beyond the trial's thresholds, by the trial's rule.", _TRIAL),
    PrivateCode("FTV_SER", "Functional tumour volume above the SER threshold", "cm3", "The part of the functional tumour volume whose SER exceeds the threshold of the settings (0.9 in the trial).", _TRIAL),
    PrivateCode("BPE", "Background parenchymal enhancement", "%", "Percent enhancement of the fibroglandular tissue outside the lesions; see the derivation."),
    PrivateCode("CURVE_TYPE", "Kinetic curve type", "", "What the signal does from the early to the late phase; the value is of CID 6345."),
    # The dynamic series
    PrivateCode("PHASE_ROLE", "Role of the dynamic phase", "", "What the phase served as: pre-contrast, early, late, or none."),
    PrivateCode("TIME_ZERO", "Time zero of the dynamic series", "", "What was taken as the moment of injection."),
    # Statements about a signature
    PrivateCode("CAL_STATE", "Calibration state of the signature", "", "Whether a value can be given here; the value is one of the three codes below."),
    PrivateCode("CALIBRATED", "Calibrated: the value and class are given", "", "The reference or the trained model that the signature needs is installed."),
    PrivateCode("UNCALIBRATED", "Not calibrated: features only, no class", "", "No reference cohort is installed for the published coefficients."),
    PrivateCode("NO_MODEL", "No model installed: features only", "", "The paper published no weights and no trained model is installed."),
    # Wu 2018
    PrivateCode("SIG_WU2018", "Wu 2018: stromal TIL percentage estimated from MRI", "", "The signature as a finding.", _WU),
    PrivateCode("TIL_EST", "Estimated stromal TIL percentage (imaging)", "%", "The signature's value. An estimate from images, not a histological count.", _WU),
    PrivateCode("TIL_CLASS", "Estimated TIL class (imaging)", "", "The class of the estimated percentage.", _WU),
    PrivateCode("TIL_LE10", "Estimated TIL at most 10 %", "", "Low.", _WU),
    PrivateCode("TIL_10_40", "Estimated TIL above 10 % to 40 %", "", "Intermediate.", _WU),
    PrivateCode("TIL_GT40", "Estimated TIL above 40 %", "", "High.", _WU),
    PrivateCode("EDGE_GRAD_MEAN", "Margin gradient, mean", "/mm", "M4: mean gradient magnitude of the early image in the 2-voxel shell astride the tumour border.", _WU),
    PrivateCode("EDGE_GRAD_SD", "Margin gradient, standard deviation", "/mm", "M5: standard deviation of the same.", _WU),
    PrivateCode("VOL_SER_10", "Volume of tumour with SER above 1.0", "cm3", "FTV1.", _WU),
    PrivateCode("VOL_SER_15", "Volume of tumour with SER above 1.5", "cm3", "FTV2.", _WU),
    PrivateCode("PAR_VOL_PE20", "Volume of parenchyma with enhancement above 20 %", "cm3", "BPE1.", _WU),
    PrivateCode("PAR_VOL_PE60", "Volume of parenchyma with enhancement above 60 %", "cm3", "BPE2.", _WU),
    PrivateCode("PAR_FRAC_PE20", "Fraction of parenchyma with enhancement above 20 %", "1", "BPE3.", _WU),
    PrivateCode("PAR_FRAC_PE60", "Fraction of parenchyma with enhancement above 60 %", "1", "BPE4.", _WU),
    PrivateCode("NEAR_PAR_PE", "Mean enhancement of parenchyma within 20 mm of tumour", "1", "TS-BPE1: mean of (early - pre) / pre.", _WU),
    PrivateCode("NEAR_PAR_SER", "Mean SER of parenchyma within 20 mm of tumour", "{ratio}", "TS-BPE2.", _WU),
)
# fmt: on

PRIVATE_CODES: dict[str, PrivateCode] = {row.value: row for row in _ROWS}


def private(value: str) -> Code:
    """The code of a row."""
    return Code(value, SCHEME, PRIVATE_CODES[value].meaning)


def radiomics_code(feature: str) -> Code:
    """A code for any radiomics feature, from its full name (region, image, class, feature): the same name, the same code.

    >>> radiomics_code("tumour/wavelet-LLL_firstorder_Skewness").value
    'RF_50258eb3f1c7'
    """
    digest = hashlib.sha256(feature.encode()).hexdigest()[:12]
    meaning = feature if len(feature) <= _LONGEST_MEANING else feature[: _LONGEST_MEANING - 1] + "…"
    return Code(f"RF_{digest}", SCHEME, meaning)


def declare_scheme(obj: Dataset) -> None:
    """Coding Scheme Identification Sequence (PS3.3 C.12.1): who is behind the private designator."""
    item = Dataset()
    item.CodingSchemeDesignator = SCHEME
    item.CodingSchemeUID = SCHEME_UID
    item.CodingSchemeName = SCHEME_NAME
    item.CodingSchemeVersion = SCHEME_VERSION
    item.CodingSchemeResponsibleOrganization = "TILscope"
    obj.CodingSchemeIdentificationSequence = [item]


def private_codes_page() -> str:
    """`docs/private-codes.md`, whole."""
    lines = [
        "# Private codes",
        "",
        "What TILscope says in DICOM and no standard code exists for. Written from `dicom_io/objects/private_codes.py` by",
        "`python -m dicom_io.objects.private_codes > docs/private-codes.md`; a test holds the two together.",
        "",
        f"Coding scheme **{SCHEME}** (“{SCHEME_NAME}”, version {SCHEME_VERSION}), UID `{SCHEME_UID}`.",
        "Every report declares it in its Coding Scheme Identification Sequence. A code is never renamed, reused or removed.",
        "",
        "| code | meaning | unit (UCUM) | definition | by |",
        "|---|---|---|---|---|",
        *(f"| `{c.value}` | {c.meaning} | {c.unit} | {c.definition} | {c.source} |" for c in _ROWS),
        "",
        "A radiomics feature has the code `RF_` and the first 12 hexadecimal digits of the SHA-256 of its full name",
        "(region, image, class, feature); the code meaning is that name.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(private_codes_page(), end="")
