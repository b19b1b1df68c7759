"""The project's own coding scheme: what it says in DICOM and no standard code exists for.

A code is never renamed, reused or removed: old reports keep their meaning. The table is published as
`docs/private-codes.md`, written by `python -m dicom_io.objects.codes.private_codes > docs/private-codes.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydicom import Dataset
from pydicom.sr.coding import Code

from tilscope.models.features.feature_names import label
from tilscope.models.short_hash import short_hash

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
_SU = "Su 2022"
_QIAN = "Qian 2024"
_FAN = "Fan 2023"
_HAN = "Han 2024"

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
    # Regions
    PrivateCode("PERITUMORAL_RING", "Peritumoral ring", "", "What lies around the index lesion, up to the width in the segment's label: breast without lesions and vessels.", _QIAN),
    # The dynamic series
    PrivateCode("PHASE_ROLE", "Role of the dynamic phase", "", "What the phase served as: pre-contrast, early, late, or none."),
    PrivateCode("TIME_ZERO", "Time zero of the dynamic series", "", "What was taken as the moment of injection."),
    PrivateCode("LESION_SOURCE", "Where the lesions come from", "", "Who or what has told them: a segmenter, or a person who drew or pointed."),
    # A study that is not scored
    PrivateCode("NOT_SCORED", "Dynamic breast MR: not scored", "", "Title of the note that a study was refused."),
    PrivateCode("NOT_SCORED_WHY", "Why there is no score", "", "In words that a person can act on."),
    PrivateCode("REASON_CODE", "Code of the reason", "", "The same for programs, by the table of reasons of the pipeline version."),
    PrivateCode("PHASES_FOUND", "Phases that were found", "", "Of the dynamic series, each with its time and an image."),
    # Statements about a signature
    PrivateCode("CAL_STATE", "Calibration state of the signature", "", "Whether a value can be given here; the value is one of the three codes below."),
    PrivateCode("CALIBRATED", "Calibrated: the value and class are given", "", "The reference or the trained model that the signature needs is installed."),
    PrivateCode("UNCALIBRATED", "Not calibrated: features only, no class", "", "No reference cohort is installed for the published coefficients."),
    PrivateCode("UNCALIBRATED_VAL", "Not calibrated: value from raw features, no class", "", "No reference cohort is installed; the published model takes features as they are, so its value is given."),
    PrivateCode("NO_MODEL", "No model installed: features only", "", "The paper published no weights and no trained model is installed."),
    PrivateCode("SIG_FEATURES", "Features that a signature is made of", "", "Tells the group of a signature's features from that of what was concluded."),
    PrivateCode("PERCENTILE", "Percentile of the score in the reference cohort", "%", "The part of the reference's scores that lies below; equal ones count half."),
    PrivateCode("CONTRIBUTIONS", "Contributions to the score", "", "What each feature adds to a linear score, or to a forest's probability, in words."),
    PrivateCode("SUPPLIED", "Finding from elsewhere that was used", "", "What the site knows of the tumour (gene expression, receptor status), in words; one item each."),
    PrivateCode("REFERENCE", "Reference that was used", "", "The installed reference's name and the beginning of its SHA-256."),
    PrivateCode("CONCLUDED_FROM", "Concluded from an earlier report", "", "Which report the measurements were taken from, where no image was read."),
    PrivateCode("PUBLISHED", "Published performance of the signature", "", "What its own paper reports; not measured here."),
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
    PrivateCode("TIL_COMPOSITE", "Estimated stromal TIL percentage (imaging and CYT)", "%", "13.0 + 5.86 z(imaging signature) + 7.78 z(CYT), CYT the geometric mean of the site's GZMA and PRF1 expression.", _WU),
    # Su 2022
    PrivateCode("SIG_SU2022", "Su 2022: Rad-TILs, in triple-negative cancer only", "", "The signature as a finding.", _SU),
    PrivateCode("RAD_TILS", "Estimated probability of sTIL at least 20 % (imaging)", "1", "The signature's value. Validated in triple-negative cancer only.", _SU),
    PrivateCode("RAD_TILS_CLASS", "Rad-TILs class (imaging)", "", "The side of the reference's median.", _SU),
    PrivateCode("RAD_TILS_HIGH", "Rad-TILs above the median of the reference", "", "High.", _SU),
    PrivateCode("RAD_TILS_LOW", "Rad-TILs at most the median of the reference", "", "Low.", _SU),
    PrivateCode("SU_X1", "Wavelet LLL first-order skewness of tumour, first phase", "1", "X1.", _SU),
    PrivateCode("SU_X2", "Skewness over phases of wavelet LLL GLCM Idmn of tumour", "1", "X2: biased, over the phases used.", _SU),
    PrivateCode("SU_X3", "Skewness over phases of GLSZM LGLZE of tumour", "1", "X3: low gray level zone emphasis; biased, over the phases used.", _SU),
    PrivateCode("SU_PHASES", "Post-contrast phases used", "1", "Three or four.", _SU),
    # Qian 2024
    PrivateCode("SIG_QIAN2024", "Qian 2024: M2 macrophage radscore", "", "The signature as a finding.", _QIAN),
    PrivateCode("M2_PERITUMORAL", "Estimated M2 radscore (peritumoral)", "1", "The signature's main score.", _QIAN),
    PrivateCode("M2_INTRATUMORAL", "Estimated M2 radscore (intratumoral)", "1", "The paper's intratumoral model.", _QIAN),
    PrivateCode("M2_COMBINED", "Estimated M2 radscore (combined)", "1", "The paper's combined model.", _QIAN),
    PrivateCode("M2_CLASS", "Estimated M2 macrophage class (imaging)", "", "The side of the reference's median of the peritumoral radscore.", _QIAN),
    PrivateCode("M2_HIGH", "Estimated M2 above the median of the reference", "", "High.", _QIAN),
    PrivateCode("M2_LOW", "Estimated M2 at most the median of the reference", "", "Low.", _QIAN),
    PrivateCode("QIAN_P1", "Square first-order minimum of 5 mm ring", "1", "QP1.", _QIAN),
    PrivateCode("QIAN_P2", "Wavelet LLH first-order skewness of 5 mm ring", "1", "QP2.", _QIAN),
    PrivateCode("QIAN_P3", "LBP GLSZM zone variance of 5 mm ring", "1", "QP3: local binary patterns, slice by slice.", _QIAN),
    PrivateCode("QIAN_P4", "Wavelet LLL 10th percentile of 5 mm ring", "1", "QP4.", _QIAN),
    PrivateCode("QIAN_P5", "Square root 10th percentile of 5 mm ring", "1", "QP5.", _QIAN),
    PrivateCode("QIAN_P6", "Wavelet HLH GLDM dependence variance of 5 mm ring", "1", "QP6.", _QIAN),
    PrivateCode("QIAN_P7", "Wavelet LLH first-order kurtosis of 5 mm ring", "1", "QP7.", _QIAN),
    PrivateCode("QIAN_P8", "Wavelet LLH GLRLM long run emphasis of 5 mm ring", "1", "QP8.", _QIAN),
    PrivateCode("QIAN_T1", "Wavelet HLL GLRLM run variance of tumour", "1", "QT1.", _QIAN),
    # Fan 2023
    PrivateCode("SIG_FAN2023", "Fan 2023: tumour-stroma heterogeneity", "", "The signature as a finding.", _FAN),
    PrivateCode("TSH_GOOD", "Estimated probability of the good-survival TSH group", "1", "Of an installed forest, from images.", _FAN),
    PrivateCode("TSH_CLASS", "Estimated TSH group (imaging)", "", "The class of the probability, at 0.5.", _FAN),
    PrivateCode("TSH_GROUP_GOOD", "Good-survival TSH group", "", "Probability of at least 0.5.", _FAN),
    PrivateCode("TSH_GROUP_POOR", "Poor-survival TSH group", "", "Probability below 0.5.", _FAN),
    PrivateCode("FAN_S0_LRHGLE", "GLRLM LRHGLE of tumour before contrast", "1", "Long run high gray level emphasis, S0.", _FAN),
    PrivateCode("FAN_SI_IDMN", "GLCM Idmn of tumour enhancement", "1", "SI: the middle post-contrast phase minus S0.", _FAN),
    PrivateCode("FAN_STROMA_IDMN", "GLCM Idmn of stroma enhancement", "1", "SI, 20 mm outside the tumour.", _FAN),
    PrivateCode("FAN_STROMA_GLN", "GLSZM gray level non-uniformity of stroma enhancement", "1", "SI, 20 mm outside the tumour.", _FAN),
    # Han 2024
    PrivateCode("SIG_HAN2024", "Han 2024: microenvironment phenotype, hot or cold", "", "The signature as a finding.", _HAN),
    PrivateCode("TME_HOT", "Estimated probability of the hot phenotype (imaging)", "1", "Of an installed forest.", _HAN),
    PrivateCode("TME_CLASS", "Estimated microenvironment phenotype (imaging)", "", "The class of the probability, at the forest's threshold.", _HAN),
    PrivateCode("TME_CLASS_HOT", "Hot: immune-inflamed phenotype", "", "Probability of at least the forest's threshold.", _HAN),
    PrivateCode("TME_CLASS_COLD", "Cold: immune-desert phenotype", "", "Probability below the forest's threshold.", _HAN),
    PrivateCode("HAN_T_MEAN", "Mean z-scored intensity of tumour, early phase", "1", "Times 100.", _HAN),
    PrivateCode("HAN_T_ENTROPY", "First-order entropy of tumour, early phase", "1", "Of z-scored intensity.", _HAN),
    PrivateCode("HAN_T_IDM", "GLCM inverse difference moment of tumour, early phase", "1", "Of z-scored intensity.", _HAN),
    PrivateCode("HAN_T_JENTROPY", "GLCM joint entropy of tumour, early phase", "1", "Of z-scored intensity.", _HAN),
    PrivateCode("HAN_R_MEAN", "Mean z-scored intensity of 2+2 mm ring, early phase", "1", "Times 100.", _HAN),
    PrivateCode("HAN_R_ENTROPY", "First-order entropy of 2+2 mm ring, early phase", "1", "Of z-scored intensity.", _HAN),
    PrivateCode("HAN_R_IDM", "GLCM inverse difference moment of 2+2 mm ring, early", "1", "Of z-scored intensity.", _HAN),
    PrivateCode("HAN_R_JENTROPY", "GLCM joint entropy of 2+2 mm ring, early phase", "1", "Of z-scored intensity.", _HAN),
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
    digest = short_hash(feature, 12)
    said = label(feature)
    meaning = said if len(said) <= _LONGEST_MEANING else said[: _LONGEST_MEANING - 1] + "…"
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
        "What TILscope says in DICOM and no standard code exists for. Written from `dicom_io/objects/codes/private_codes.py` by",
        "`python -m dicom_io.objects.codes.private_codes > docs/private-codes.md`; a test holds the two together.",
        "",
        f"Coding scheme **{SCHEME}** (“{SCHEME_NAME}”, version {SCHEME_VERSION}), UID `{SCHEME_UID}`.",
        "Every report declares it in its Coding Scheme Identification Sequence. A code is never renamed, reused or removed.",
        "",
        "| code | meaning | unit (UCUM) | definition | by |",
        "|---|---|---|---|---|",
        *(f"| `{c.value}` | {c.meaning} | {c.unit} | {c.definition} | {c.source} |" for c in _ROWS),
        "",
        "A radiomics feature has the code `RF_` and the first 12 hexadecimal digits of the SHA-256 of its full name",
        "(region, image, class, feature); the code meaning says that name in words.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(private_codes_page(), end="")
