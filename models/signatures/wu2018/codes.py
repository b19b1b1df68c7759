"""What Wu et al. 2018 is called in DICOM: the signature, its classes, its scores and features."""

from __future__ import annotations

from tilscope.models.signatures.codes import TILSCOPE_SCHEME, CodeRow, SignatureCodes

# fmt: off
CODES = SignatureCodes(
    finding=CodeRow("SIG_WU2018", "Wu 2018: stromal TIL percentage estimated from MRI", "", "The signature as a finding."),
    measurements={
        "til_percent": CodeRow("TIL_EST", "Estimated stromal TIL percentage (imaging)", "%", "The signature's value. An estimate from images, not a histological count."),
        "til_composite": CodeRow("TIL_COMPOSITE", "Estimated stromal TIL percentage (imaging and CYT)", "%", "13.0 + 5.86 z(imaging signature) + 7.78 z(CYT), CYT the geometric mean of the site's GZMA and PRF1 expression."),
        "M1": CodeRow("118565006", "Volume", "cm3", standard="SCT"),
        "M2": CodeRow("QCFX", "Sphericity", "1", standard="IBSI"),
        "M3": CodeRow("2PR5", "Surface to Volume Ratio", "/mm", standard="IBSI"),
        "M4": CodeRow("EDGE_GRAD_MEAN", "Margin gradient, mean", "/mm", "M4: mean gradient magnitude of the early image in the 2-voxel shell astride the tumour border."),
        "M5": CodeRow("EDGE_GRAD_SD", "Margin gradient, standard deviation", "/mm", "M5: standard deviation of the same."),
        "TEX1": CodeRow("NI2N", "Correlation of GLCM", "1", standard="IBSI"),
        "TEX2": CodeRow("7NFM", "Cluster Shade of GLCM", "1", standard="IBSI"),
        "TEX3": CodeRow("8ZQL", "Angular Second Moment of GLCM", "1", standard="IBSI"),
        "TEX4": CodeRow("TU9B", "Joint Entropy of GLCM", "1", standard="IBSI"),
        "FTV1": CodeRow("VOL_SER_10", "Volume of tumour with SER above 1.0", "cm3", "FTV1."),
        "FTV2": CodeRow("VOL_SER_15", "Volume of tumour with SER above 1.5", "cm3", "FTV2."),
        "BPE1": CodeRow("PAR_VOL_PE20", "Volume of parenchyma with enhancement above 20 %", "cm3", "BPE1."),
        "BPE2": CodeRow("PAR_VOL_PE60", "Volume of parenchyma with enhancement above 60 %", "cm3", "BPE2."),
        "BPE3": CodeRow("PAR_FRAC_PE20", "Fraction of parenchyma with enhancement above 20 %", "1", "BPE3."),
        "BPE4": CodeRow("PAR_FRAC_PE60", "Fraction of parenchyma with enhancement above 60 %", "1", "BPE4."),
        "TS-BPE1": CodeRow("NEAR_PAR_PE", "Mean enhancement of parenchyma within 20 mm of tumour", "1", "TS-BPE1: mean of (early - pre) / pre."),
        "TS-BPE2": CodeRow("NEAR_PAR_SER", "Mean SER of parenchyma within 20 mm of tumour", "1", "TS-BPE2."),
    },
    class_name=CodeRow("TIL_CLASS", "Estimated TIL class (imaging)", "", "The class of the estimated percentage."),
    classes={
        "low": CodeRow("TIL_LOW", "Estimated TIL low", "", "At most the reference's lower border."),
        "intermediate": CodeRow("TIL_INTERMEDIATE", "Estimated TIL intermediate", "", "Between the reference's borders."),
        "high": CodeRow("TIL_HIGH", "Estimated TIL high", "", "Above the reference's upper border."),
    },
    source="Wu 2018",
    scheme=TILSCOPE_SCHEME,
)
# fmt: on
