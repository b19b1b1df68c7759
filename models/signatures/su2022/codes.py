"""What Su et al. 2022 is called in DICOM: the signature, its classes, its scores and features."""

from __future__ import annotations

from tilscope.models.signatures.codes import TILSCOPE_SCHEME, CodeRow, SignatureCodes

# fmt: off
CODES = SignatureCodes(
    finding=CodeRow("SIG_SU2022", "Su 2022: Rad-TILs, in triple-negative cancer only", "", "The signature as a finding."),
    measurements={
        "rad_tils": CodeRow("RAD_TILS", "Estimated probability of sTIL at least 20 % (imaging)", "1", "The signature's value. Validated in triple-negative cancer only."),
        "X1": CodeRow("SU_X1", "Wavelet LLL first-order skewness of tumour, first phase", "1", "X1."),
        "X2": CodeRow("SU_X2", "Skewness over phases of wavelet LLL GLCM Idmn of tumour", "1", "X2: biased, over the phases used."),
        "X3": CodeRow("SU_X3", "Skewness over phases of GLSZM LGLZE of tumour", "1", "X3: low gray level zone emphasis; biased, over the phases used."),
        "su_phases": CodeRow("SU_PHASES", "Post-contrast phases used", "1", "Three or four."),
    },
    class_name=CodeRow("RAD_TILS_CLASS", "Rad-TILs class (imaging)", "", "The side of the reference's median."),
    classes={
        "high": CodeRow("RAD_TILS_HIGH", "Rad-TILs above the median of the reference", "", "High."),
        "low": CodeRow("RAD_TILS_LOW", "Rad-TILs at most the median of the reference", "", "Low."),
    },
    source="Su 2022",
    scheme=TILSCOPE_SCHEME,
)
# fmt: on
