"""What Qian et al. 2024 is called in DICOM: the signature, its classes, its scores and features."""

from __future__ import annotations

from tilscope.models.signatures.codes import TILSCOPE_SCHEME, CodeRow, SignatureCodes

# fmt: off
CODES = SignatureCodes(
    finding=CodeRow("SIG_QIAN2024", "Qian 2024: M2 macrophage radscore", "", "The signature as a finding."),
    measurements={
        "qian_peritumoral": CodeRow("M2_PERITUMORAL", "Estimated M2 radscore (peritumoral)", "1", "The signature's main score."),
        "qian_intratumoral": CodeRow("M2_INTRATUMORAL", "Estimated M2 radscore (intratumoral)", "1", "The paper's intratumoral model."),
        "qian_combined": CodeRow("M2_COMBINED", "Estimated M2 radscore (combined)", "1", "The paper's combined model."),
        "QP1": CodeRow("QIAN_P1", "Square first-order minimum of 5 mm ring", "1", "QP1."),
        "QP2": CodeRow("QIAN_P2", "Wavelet LLH first-order skewness of 5 mm ring", "1", "QP2."),
        "QP3": CodeRow("QIAN_P3", "LBP GLSZM zone variance of 5 mm ring", "1", "QP3: local binary patterns, slice by slice."),
        "QP4": CodeRow("QIAN_P4", "Wavelet LLL 10th percentile of 5 mm ring", "1", "QP4."),
        "QP5": CodeRow("QIAN_P5", "Square root 10th percentile of 5 mm ring", "1", "QP5."),
        "QP6": CodeRow("QIAN_P6", "Wavelet HLH GLDM dependence variance of 5 mm ring", "1", "QP6."),
        "QP7": CodeRow("QIAN_P7", "Wavelet LLH first-order kurtosis of 5 mm ring", "1", "QP7."),
        "QP8": CodeRow("QIAN_P8", "Wavelet LLH GLRLM long run emphasis of 5 mm ring", "1", "QP8."),
        "QT1": CodeRow("QIAN_T1", "Wavelet HLL GLRLM run variance of tumour", "1", "QT1."),
    },
    class_name=CodeRow("M2_CLASS", "Estimated M2 macrophage class (imaging)", "", "The side of the reference's median of the peritumoral radscore."),
    classes={
        "high": CodeRow("M2_HIGH", "Estimated M2 above the median of the reference", "", "High."),
        "low": CodeRow("M2_LOW", "Estimated M2 at most the median of the reference", "", "Low."),
    },
    source="Qian 2024",
    scheme=TILSCOPE_SCHEME,
)
# fmt: on
