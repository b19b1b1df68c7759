"""What Fan et al. 2023 is called in DICOM: the signature, its classes, its scores and features."""

from __future__ import annotations

from tilscope.models.signatures.codes import TILSCOPE_SCHEME, CodeRow, SignatureCodes

# fmt: off
CODES = SignatureCodes(
    finding=CodeRow("SIG_FAN2023", "Fan 2023: tumour-stroma heterogeneity", "", "The signature as a finding."),
    measurements={
        "tsh_good": CodeRow("TSH_GOOD", "Estimated probability of the good-survival TSH group", "1", "Of an installed forest, from images."),
        "radiomics:fan2023/T/original_shape_Flatness": CodeRow("N17B", "Flatness", "1", standard="IBSI"),
        "radiomics:fan2023/T/original_shape_Sphericity": CodeRow("QCFX", "Sphericity", "1", standard="IBSI"),
        "radiomics:fan2023/T/S0/original_glrlm_LongRunHighGrayLevelEmphasis": CodeRow("FAN_S0_LRHGLE", "GLRLM LRHGLE of tumour before contrast", "1", "Long run high gray level emphasis, S0."),
        "radiomics:fan2023/T/SI/original_glcm_Idmn": CodeRow("FAN_SI_IDMN", "GLCM Idmn of tumour enhancement", "1", "SI: the middle post-contrast phase minus S0."),
        "radiomics:fan2023/stroma/S0/original_glcm_Idmn": CodeRow("FAN_STR_S0_IDMN", "GLCM Idmn of stroma before contrast", "1", "S0, 20 mm outside the tumour."),
        "radiomics:fan2023/stroma/S0/original_glszm_GrayLevelNonUniformity": CodeRow("FAN_STR_S0_GLN", "GLSZM gray level non-uniformity of stroma, S0", "1", "Before contrast, 20 mm outside the tumour."),
        "radiomics:fan2023/stroma/SI/original_glcm_Idmn": CodeRow("FAN_STROMA_IDMN", "GLCM Idmn of stroma enhancement", "1", "SI, 20 mm outside the tumour."),
        "radiomics:fan2023/stroma/SI/original_glszm_GrayLevelNonUniformity": CodeRow("FAN_STROMA_GLN", "GLSZM gray level non-uniformity of stroma enhancement", "1", "SI, 20 mm outside the tumour."),
    },
    class_name=CodeRow("TSH_CLASS", "Estimated TSH group (imaging)", "", "The class of the probability, at 0.5."),
    classes={
        "good": CodeRow("TSH_GROUP_GOOD", "Good-survival TSH group", "", "Probability of at least 0.5."),
        "poor": CodeRow("TSH_GROUP_POOR", "Poor-survival TSH group", "", "Probability below 0.5."),
    },
    source="Fan 2023",
    scheme=TILSCOPE_SCHEME,
)
# fmt: on
